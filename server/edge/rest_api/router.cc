#include "edge/rest_api/router.h"

#include <algorithm>

#include "foundation/result/result.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxSegments = 8;

struct Segments {
  std::array<std::string_view, kMaxSegments> parts;
  std::size_t count = 0;
  [[nodiscard]] std::span<const std::string_view> view() const { return {parts.data(), count}; }
};

// Nothing for what no route can have: no leading slash, too many segments.
std::optional<Segments> split(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  Segments segments;
  path.remove_prefix(1);
  for (;;) {
    if (segments.count == kMaxSegments) return std::nullopt;
    const std::size_t slash = path.find('/');
    segments.parts[segments.count++] = path.substr(0, slash);
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

// What routes are filed under: the resource behind the version, without a `:verb`; or the only segment.
std::string_view resource_of(std::span<const std::string_view> segments) {
  const std::string_view segment = segments.size() > 1 ? segments[1] : segments.front();
  return segment.substr(0, segment.find(':'));
}

std::string_view name_of(HttpMethod method) {
  switch (method) {
    case HttpMethod::Get:
      return "GET";
    case HttpMethod::Post:
      return "POST";
    case HttpMethod::Put:
      return "PUT";
    case HttpMethod::Patch:
      return "PATCH";
    case HttpMethod::Delete:
      return "DELETE";
    default:
      break;
  }
  die(__FILE__, __LINE__, "a method that no route has");
}

}  // namespace

Router::Router(std::span<const Route> routes) {
  for (const Route& route : routes) {
    const auto split_path = split(route.path);
    SEALPOST_CHECK(split_path.has_value());
    Compiled compiled{.route = &route, .segments = {}};
    std::size_t parameters = 0;
    for (const std::string_view text : split_path->view()) {
      if (!text.starts_with('{')) {
        compiled.segments.push_back({.text = text, .suffix = {}, .parameter = false});
        continue;
      }
      const std::size_t end = text.find('}');
      SEALPOST_CHECK(end != std::string_view::npos && ++parameters <= kMaxPathParameters);
      compiled.segments.push_back({.text = {}, .suffix = text.substr(end + 1), .parameter = true});
    }
    by_resource_[std::string(resource_of(split_path->view()))].push_back(std::move(compiled));
  }
}

bool Router::matches(const Compiled& compiled, std::span<const std::string_view> path, RouteMatch& match) {
  if (compiled.segments.size() != path.size()) return false;
  match.parameter_count = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Segment& segment = compiled.segments[i];
    if (!segment.parameter) {
      if (segment.text != path[i]) return false;
      continue;
    }
    if (!path[i].ends_with(segment.suffix)) return false;
    const std::string_view value = path[i].substr(0, path[i].size() - segment.suffix.size());
    if (value.empty() || value.contains(':')) return false;
    match.parameters[match.parameter_count++] = value;
  }
  return true;
}

RouteMatch Router::find(HttpMethod method, std::string_view path) const {
  RouteMatch match;
  const auto segments = split(path);
  if (!segments) return match;
  const auto routes = by_resource_.find(resource_of(segments->view()));
  if (routes == by_resource_.end()) return match;
  for (const Compiled& compiled : routes->second) {
    if (!matches(compiled, segments->view(), match)) continue;
    if (compiled.route->method == method) {
      match.route = compiled.route;
      match.allow.clear();
      return match;
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += name_of(compiled.route->method);
  }
  match.parameter_count = 0;
  return match;
}

}  // namespace sealpost
