#include "foundation/http_types/http_message.h"

#include <array>
#include <utility>

namespace sealpost {

HttpMethod to_http_method(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, HttpMethod>, 7> kMethods{{
      {"GET", HttpMethod::Get},
      {"HEAD", HttpMethod::Head},
      {"POST", HttpMethod::Post},
      {"PUT", HttpMethod::Put},
      {"PATCH", HttpMethod::Patch},
      {"DELETE", HttpMethod::Delete},
      {"OPTIONS", HttpMethod::Options},
  }};
  for (const auto& [name, method] : kMethods)
    if (name == text) return method;
  return HttpMethod::Other;
}

HttpResponse HttpResponse::empty(int status) {
  HttpResponse response;
  response.status = status;
  return response;
}

HttpResponse HttpResponse::with_body(int status, std::string_view content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

HttpResponse HttpResponse::json(int status, std::string body) {
  return with_body(status, "application/json", std::move(body));
}

HttpResponse HttpResponse::problem(int status, std::string body) {
  return with_body(status, "application/problem+json", std::move(body));
}

HttpResponse HttpResponse::text(int status, std::string body) {
  return with_body(status, "text/plain; charset=utf-8", std::move(body));
}

std::string_view reason_phrase(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 39> kPhrases{{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {207, "Multi-Status"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {423, "Locked"},
      {425, "Too Early"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  }};
  for (const auto& [code, phrase] : kPhrases)
    if (code == status) return phrase;
  return "Unknown";
}

}  // namespace sealpost
