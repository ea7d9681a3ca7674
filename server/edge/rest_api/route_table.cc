#include <vector>

#include <boost/json.hpp>

#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/route.h"

namespace sealpost {
namespace {

std::vector<Route> collect() {
  std::vector<Route> table;
  for (const auto part :
       {organization_routes(), integration_routes(), source_routes(), key_routes(), endpoint_routes(),
        channel_routes(), subscription_routes(), grant_routes(), credential_routes(), token_routes(),
        message_routes(), audit_routes(), operator_routes()})
    table.insert(table.end(), part.begin(), part.end());
  return table;
}

std::string_view name_of(HttpMethod method) {
  switch (method) {
    case HttpMethod::Get:
      return "get";
    case HttpMethod::Post:
      return "post";
    case HttpMethod::Put:
      return "put";
    case HttpMethod::Patch:
      return "patch";
    case HttpMethod::Delete:
      return "delete";
    default:
      return "";
  }
}

boost::json::array names_of(Callers callers) {
  switch (callers) {
    case Callers::Anonymous:
      return {"anonymous"};
    case Callers::Machine:
      return {"machine"};
    case Callers::Operator:
      return {"operator"};
    case Callers::MachineOrOperator:
      return {"machine", "operator"};
  }
  return {};
}

boost::json::array words_of(std::string_view text) {
  boost::json::array words;
  while (!text.empty() && text != "*") {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

std::span<const Route> route_table() {
  static const std::vector<Route> table = collect();
  return table;
}

std::string route_table_json() {
  boost::json::array rows;
  for (const Route& route : route_table()) {
    boost::json::array scopes;
    if (route.scope) scopes.emplace_back(sealpost::name_of(*route.scope));
    rows.push_back(boost::json::object{{"method", name_of(route.method)},
                                       {"path", route.path},
                                       {"operation_id", route.operation_id},
                                       {"callers", names_of(route.callers)},
                                       {"scopes", std::move(scopes)},
                                       {"query", words_of(route.query)}});
  }
  return boost::json::serialize(rows);
}

}  // namespace sealpost
