// contract/vectors/signing.json as values, for the tests of the server and of the C++ SDK.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/schemes/verify.h"

namespace sealpost::testing {

struct VerifyVector {
  std::string name;
  SchemeSettings settings;
  std::vector<VerificationKey> keys;
  std::vector<std::pair<std::string, std::string>> headers;
  Bytes body;
  VerificationTime now;
  boost::json::object row;  // the whole row, "expect" included

  [[nodiscard]] std::vector<HeaderView> header_views() const;
  [[nodiscard]] const boost::json::object& expect() const { return row.at("expect").as_object(); }
};

// Ends the test program if the file can't be read or holds a key or setting that we refuse.
[[nodiscard]] const boost::json::object& signing_vectors();
[[nodiscard]] std::vector<VerifyVector> verify_vectors();
[[nodiscard]] std::string text_of(const boost::json::object& object, std::string_view name);
[[nodiscard]] Bytes octets_of(const boost::json::object& object, std::string_view name);

}  // namespace sealpost::testing
