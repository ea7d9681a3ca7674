// Finds the route of a request by method and decoded path. A parameter is one whole segment, or what stands
// before the
// `:verb` of the last one; it never is empty and never holds a colon or a slash.
// Immutable, thread-safe.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "edge/rest_api/route.h"

namespace sealpost {

inline constexpr std::size_t kMaxPathParameters = 2;

struct RouteMatch {
  const Route* route = nullptr;  // null: no such path, or not with this method
  std::array<std::string_view, kMaxPathParameters> parameters{};  // views into the path
  std::size_t parameter_count = 0;
  std::string allow;  // methods of the path, when only the method is wrong
};

class Router final {
 public:
  explicit Router(std::span<const Route> routes);
  [[nodiscard]] RouteMatch find(HttpMethod method, std::string_view path) const;

 private:
  struct Segment {
    std::string_view text;    // of a literal
    std::string_view suffix;  // ":verb" behind a parameter
    bool parameter = false;
  };
  struct Compiled {
    const Route* route = nullptr;
    std::vector<Segment> segments;
  };
  static bool matches(const Compiled& compiled, std::span<const std::string_view> path, RouteMatch& match);
  // By the second segment of the path, which names the resource.
  std::map<std::string, std::vector<Compiled>, std::less<>> by_resource_;
};

}  // namespace sealpost
