// Any text as the scopes of a token request: what is accepted says the same when it is written again, and
// asks for nothing twice. Nobody guesses an id, so `#` and a digit stand for one of ours.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "access/consent/grant_view.h"
#include "flow/minting/internal/asked_scopes.h"
#include "foundation/bytes/bytes.h"

namespace sealpost {
namespace {

constexpr EntityKind kKinds[] = {EntityKind::Channel, EntityKind::Endpoint, EntityKind::Credential};

std::string with_ids(std::string_view text, const PublicIdCodec& ids) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool names = text[i] == '#' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (!names) {
      out += text[i];
      continue;
    }
    const auto digit = static_cast<unsigned>(text[++i] - '0');
    out += ids.encode(kKinds[digit % 3], Position{digit} + 1);
  }
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  }
  std::ranges::sort(words);
  return words;
}

// Every position belongs to one kind here, so the words can be written as they were read.
std::vector<std::string> written(const TokenRequest& asked, const PublicIdCodec& ids) {
  std::vector<std::string> words;
  for (const NarrowedScope& one : asked.scopes) {
    if (one.resources.empty()) words.emplace_back(name_of(one.scope));
    for (const Position resource : one.resources) {
      const EntityKind kind = kKinds[(resource - 1) % 3];
      const Narrowing narrowing = narrowing_of(one.scope);
      SEALPOST_CHECK((kind == EntityKind::Channel && narrowing.channels) ||
                     (kind == EntityKind::Endpoint && narrowing.endpoints));
      words.push_back(std::string(name_of(one.scope)) + '=' + ids.encode(kind, resource));
    }
  }
  std::ranges::sort(words);
  return words;
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  static const PublicIdCodec ids(*Aes256Block::create(SecretBytes::take(Bytes(32, 7))), {{1, 0}});
  const std::string text = with_ids(as_text(ByteView(data, size)), ids);
  const auto asked = read_asked_scopes(text, ids);
  if (!asked) {
    SEALPOST_CHECK(!asked.error().empty());
    return 0;
  }
  SEALPOST_CHECK(text.size() <= kMaxScopeText);
  if (text.empty()) {
    SEALPOST_CHECK(asked->scopes.empty());
    return 0;
  }
  const std::vector<std::string> words = words_of(text);
  SEALPOST_CHECK(words == written(*asked, ids));
  SEALPOST_CHECK(std::ranges::adjacent_find(words) == words.end());
  // All of a scope, beside a part of it or once more, is a contradiction.
  for (const NarrowedScope& one : asked->scopes)
    SEALPOST_CHECK(!read_asked_scopes(text + ' ' + std::string(name_of(one.scope)), ids));
  return 0;
}
