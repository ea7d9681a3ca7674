// Reads contract/vectors/tlog.json for the tests of this module.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "domain/tlog/merkle.h"
#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"

namespace sealpost::tlog_vectors {

inline const boost::json::object& all() {
  static const boost::json::value document = [] {
    std::ifstream in(SEALPOST_SOURCE_DIR "/contract/vectors/tlog.json");
    EXPECT_TRUE(in.good()) << "contract/vectors/tlog.json";
    return boost::json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
  }();
  return document.as_object();
}
inline const boost::json::array& rows(const char* name) { return all().at(name).as_array(); }
inline std::string text(const boost::json::value& row, const char* name) {
  return std::string(row.as_object().at(name).as_string());
}
inline std::uint64_t number(const boost::json::value& row, const char* name) {
  return row.as_object().at(name).to_number<std::uint64_t>();
}
inline Bytes bytes(const boost::json::value& row, const char* name) { return *from_hex(text(row, name)); }
inline Hash256 hash(const std::string& hex) {
  const Bytes raw = *from_hex(hex);
  Hash256 out{};
  EXPECT_EQ(raw.size(), out.size());
  std::copy_n(raw.begin(), out.size(), out.begin());
  return out;
}
inline Hash256 hash(const boost::json::value& row, const char* name) { return hash(text(row, name)); }
inline HashList hashes(const boost::json::value& row, const char* name) {
  HashList out;
  for (const auto& item : row.as_object().at(name).as_array())
    out.push_back(hash(std::string(item.as_string())));
  return out;
}
// The name of the refusal that a row asks for; empty when it has to be accepted.
inline std::string expected(const boost::json::value& row) {
  const auto* refusal = row.as_object().if_contains("refusal");
  return refusal == nullptr ? "" : std::string(refusal->as_string());
}
template <class R>
std::string verdict(const R& result) {
  return result.ok() ? "" : std::string(refusal_name(result.error()));
}

}  // namespace sealpost::tlog_vectors
