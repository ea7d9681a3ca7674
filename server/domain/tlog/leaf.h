// The leaf of an audit log, format version 1: a small public envelope that holds no personal data.
//   {"v":1,"log":"...","class":"...","retention":"...","time":1800000000000,"root":"<base64>",
//    "keys":["..."],"seq":42}                                                     (one line, no white space)
// Field order is fixed and `seq` stands last, because it is only known inside the transaction that appends:
// whoever prepares a record makes a LeafTemplate, and the writer finishes it with the position it got.
// `seq` is the leaf's index in its log. At most 512 octets. Values, thread-safe on const objects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::size_t kMaxLeafBytes = 512;
inline constexpr std::size_t kMaxLeafKeys = 8;
inline constexpr std::size_t kMaxLogPseudonymBytes = 32;
inline constexpr std::size_t kMaxEventClassBytes = 64;
inline constexpr std::size_t kMaxRetentionClassBytes = 32;
inline constexpr std::size_t kMaxKeyGroupIdBytes = 24;
inline constexpr std::uint64_t kMaxLeafSequence = (std::uint64_t{1} << 53) - 1;

// All names are of a-z 0-9 . _ - and begin with a letter or digit.
struct LeafFields {
  std::string log;                // pseudonym of the organization, as in the log's origin
  std::string event_class;        // "message.accepted"
  std::string retention_class;    // decides how long the body is kept
  std::int64_t time_ms = 0;       // UTC, milliseconds since 1970; the caller may make it coarse
  Hash256 commitment_root{};      // commitment.h
  std::vector<std::string> keys;  // ids of the erasable keys the body is sealed under, ascending, none twice
  bool operator==(const LeafFields&) const = default;
};

struct Leaf {
  LeafFields fields;
  std::uint64_t sequence = 0;
  bool operator==(const Leaf&) const = default;
};

// A leaf without its sequence. Storable: bytes() and from_bytes() are inverse.
class LeafTemplate final {
 public:
  static Result<LeafTemplate, TlogRefusal> create(const LeafFields& fields);
  static Result<LeafTemplate, TlogRefusal> from_bytes(ByteView bytes);
  [[nodiscard]] ByteView bytes() const { return as_bytes(text_); }
  // The exact octets that get hashed and stored. `sequence` <= kMaxLeafSequence.
  [[nodiscard]] Bytes finish(std::uint64_t sequence) const;

 private:
  explicit LeafTemplate(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The writer's way, without a LeafTemplate: `template_bytes` are bytes() of one. `out` is overwritten.
void finish_leaf(ByteView template_bytes, std::uint64_t sequence, Bytes& out);

// Accepts exactly what finish() makes.
Result<Leaf, TlogRefusal> parse_leaf(ByteView bytes);

}  // namespace sealpost
