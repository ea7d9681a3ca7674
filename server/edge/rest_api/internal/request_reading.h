// The parts of a request that every operation reads alike, from text that anyone may have sent: headers of
// conditions and repeats, the media type, the query. Pure. Private to rest_api.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/model/public_code.h"
#include "foundation/http_types/headers.h"
#include "foundation/http_types/target.h"
#include "foundation/json/object_reader.h"

namespace sealpost {

inline constexpr std::size_t kMaxIdempotencyKey = 128;

// Decimal digits in their one form: no sign, no leading zero.
[[nodiscard]] std::optional<std::uint64_t> read_number(std::string_view text);
// application/json, with no charset but UTF-8.
[[nodiscard]] bool is_json(std::string_view content_type);
// The version that If-Match names; precondition_required, precondition_failed or malformed_request.
Result<std::uint64_t, PublicCode> read_if_match(const HttpHeaders& headers);
// Idempotency-Key: 1 to 128 visible ASCII characters, as they stand in `headers`; empty when it is not there.
Result<std::string_view, PublicCode> read_idempotency_key(const HttpHeaders& headers);
// Parameters that are not among `known` (words apart by spaces; "*": all are), and repeated ones.
[[nodiscard]] FieldErrors judge_query(const RequestTarget& target, std::string_view known);

}  // namespace sealpost
