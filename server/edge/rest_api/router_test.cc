#include "edge/rest_api/router.h"

#include <gtest/gtest.h>

#include <set>

namespace sealpost {
namespace {

TEST(Router, FindsEachRouteByItsOwnTemplate) {
  const Router router(route_table());
  for (const Route& route : route_table()) {
    SCOPED_TRACE(route.operation_id);
    std::string path;
    bool inside = false;
    for (const char c : route.path) {
      if (c == '{') path += "x1";
      inside = (inside || c == '{') && c != '}';
      if (!inside && c != '}') path += c;
    }
    const RouteMatch match = router.find(route.method, path);
    ASSERT_NE(match.route, nullptr);
    EXPECT_EQ(match.route->operation_id, route.operation_id);
    for (std::size_t i = 0; i < match.parameter_count; ++i) EXPECT_EQ(match.parameters[i], "x1");
  }
}

TEST(Router, TellsTheMethodsOfAPath) {
  const Router router(route_table());
  EXPECT_EQ(router.find(HttpMethod::Put, "/v1/sources/src_a").allow, "GET, PATCH, DELETE");
  EXPECT_EQ(router.find(HttpMethod::Get, "/v1/oauth/token").allow, "POST");
  EXPECT_EQ(router.find(HttpMethod::Post, "/v1/sources/src_a").route, nullptr);
}

TEST(Router, KnowsNoOtherPaths) {
  const Router router(route_table());
  for (const std::string_view path :
       {"", "/", "/v1", "/v1/", "/v1/sources/", "/v1/sources//keys", "/v1/sources/a:b",
        "/v1/sources/:suspend", "/v1/integrations/:revoke", "/v1/integrations/a:unknown",
        "/v1/messages:", "/v1/messages:batch/x", "/v2/sources", "/V1/sources", "/v1/sources/a/keys/b",
        "/v1/a/b/c/d/e/f/g/h/i", "sources", "/v1/in"}) {
    SCOPED_TRACE(path);
    const RouteMatch match = router.find(HttpMethod::Get, path);
    EXPECT_EQ(match.route, nullptr);
    EXPECT_TRUE(match.allow.empty());
  }
}

TEST(RouteTable, IsWhole) {
  std::set<std::string_view> operations;
  for (const Route& route : route_table()) {
    SCOPED_TRACE(route.operation_id);
    EXPECT_TRUE(operations.insert(route.operation_id).second);
    const bool runs_itself = route.run == RunKind::Pool || route.run == RunKind::Inline;
    EXPECT_EQ(route.handle != nullptr, runs_itself);
    const bool machines = route.callers == Callers::Machine || route.callers == Callers::MachineOrOperator;
    EXPECT_EQ(route.scope.has_value(), machines);
    // Operators never see payloads, so no route may offer them one.
    if (route.callers == Callers::Operator || route.callers == Callers::MachineOrOperator) {
      EXPECT_EQ(route.reveals, Reveals::Metadata);
    }
  }
  EXPECT_EQ(operations.size(), 73U);
}

}  // namespace
}  // namespace sealpost
