// Between the client's types and the JSON of contract/openapi.yaml. Reading takes what it knows and ignores
// the rest, because answers may grow; what must be there and is not makes the whole answer unreadable.
// Pure functions, thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sealpost/client.h"
#include "token_source.h"

namespace sealpost::sdk {

inline constexpr std::size_t kMaxReceiptBytes = std::size_t{8} << 20;
// 200 messages of 256 KiB, in base64, with their frames.
inline constexpr std::size_t kMaxPageBytes = std::size_t{80} << 20;

// RFC 3339 with milliseconds, in UTC.
[[nodiscard]] std::optional<TimePoint> read_time(std::string_view text);
[[nodiscard]] std::string write_time(TimePoint time);

// The body of one message; an error when the data is not one JSON text. An empty key is left out.
[[nodiscard]] Outcome<std::string, Error> write_message(const Message& message,
                                                        std::string_view idempotency_key);

// Wipes the text, which holds the token.
[[nodiscard]] std::optional<FreshToken> read_token(std::string& text);
[[nodiscard]] std::optional<Acceptance> read_acceptance(std::string_view text);
// `keys` are those of the elements, told in their errors.
[[nodiscard]] std::optional<std::vector<Outcome<Acceptance, Error>>> read_batch(
    std::string_view text, std::span<const std::string> keys);
[[nodiscard]] std::optional<Receipt> read_receipt(std::string text);
[[nodiscard]] std::optional<InboxPage> read_inbox_page(std::string_view text);

}  // namespace sealpost::sdk
