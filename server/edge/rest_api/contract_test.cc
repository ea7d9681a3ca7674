// The route table and contract/openapi.yaml, compared in both directions. Read is only what the comparison
// needs, by the indentation in which the contract is kept; anything that can't be read this way fails the
// test.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "edge/rest_api/route.h"

namespace sealpost {
namespace {

struct StatedOperation {
  std::string path, method, callers, scopes;
};

std::string after(const std::string& line, std::string_view key) {
  return line.substr(line.find(key) + key.size());
}

std::map<std::string, StatedOperation> read_contract() {
  std::ifstream file(SEALPOST_SOURCE_DIR "/contract/openapi.yaml");
  std::map<std::string, StatedOperation> operations;
  std::string path, method, operation;
  bool in_paths = false;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != ' ') in_paths = line == "paths:";
    if (!in_paths) continue;
    if (line.starts_with("  /")) path = line.substr(2, line.size() - 3);
    if (line.starts_with("    ") && line[4] != ' ' && line.ends_with(':'))
      method = line.substr(4, line.size() - 5);
    if (line.starts_with("      operationId: ")) {
      operation = after(line, "operationId: ");
      operations[operation] = {.path = path, .method = method, .callers = {}, .scopes = {}};
    }
    if (line.starts_with("      x-callers: ")) operations[operation].callers = after(line, "x-callers: ");
    if (line.starts_with("      x-scopes: ")) operations[operation].scopes = after(line, "x-scopes: ");
  }
  return operations;
}

std::string method_of(HttpMethod method) {
  switch (method) {
    case HttpMethod::Get:
      return "get";
    case HttpMethod::Post:
      return "post";
    case HttpMethod::Patch:
      return "patch";
    case HttpMethod::Delete:
      return "delete";
    default:
      return "?";
  }
}

std::string callers_of(Callers callers) {
  switch (callers) {
    case Callers::Anonymous:
      return "[anonymous]";
    case Callers::Machine:
      return "[machine]";
    case Callers::Operator:
      return "[operator]";
    case Callers::MachineOrOperator:
      return "[machine, operator]";
  }
  return "?";
}

TEST(Contract, RoutesAndDocumentAgreeInBothDirections) {
  const auto contract = read_contract();
  ASSERT_EQ(contract.size(), 73U);
  std::set<std::string> seen;
  for (const Route& route : route_table()) {
    SCOPED_TRACE(route.operation_id);
    const std::string operation(route.operation_id);
    ASSERT_TRUE(contract.contains(operation)) << "the contract has no such operation";
    const StatedOperation& stated = contract.at(operation);
    EXPECT_EQ(stated.path, route.path);
    EXPECT_EQ(stated.method, method_of(route.method));
    EXPECT_EQ(stated.callers, callers_of(route.callers));
    const std::string scopes = route.scope ? "['" + std::string(name_of(*route.scope)) + "']" : "[]";
    EXPECT_EQ(stated.scopes, scopes);
    seen.insert(operation);
  }
  for (const auto& [operation, stated] : contract)
    EXPECT_TRUE(seen.contains(operation)) << operation << " has no route";
}

}  // namespace
}  // namespace sealpost
