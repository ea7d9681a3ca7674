#include "edge/http_sender/excerpt.h"

#include <gtest/gtest.h>

#include <string>

namespace sealpost {
namespace {

std::string excerpt(std::string_view response, std::string_view request = "") {
  OutboundRequest sent;
  sent.body.assign(as_bytes(request).begin(), as_bytes(request).end());
  return redacted_excerpt(response, sent, 1024);
}

// As a delivery goes out.
OutboundRequest delivery() {
  OutboundRequest sent;
  sent.url = "https://one.example.com/hooks/in-the-back-yard?key=open+sesame&team=blue&sig=a%2Fb%3Dc&flag";
  sent.headers = {{"content-type", "application/json"},
                  {"user-agent", "Sealpost/1.0"},
                  {"webhook-id", "msg_aaaaaaaa"},
                  {"webhook-signature", "v1,abcdefgh v1a,stuvwxyz"},
                  {"authorization", "Bearer hush"},
                  {"x-door", "two words here"},
                  {"x-flag", "on"}};
  return sent;
}

TEST(Excerpt, KeepsWordsAndMasksWhatShouldNotBeStored) {
  struct Case {
    const char* response;
    const char* expected;
  };
  const Case cases[] = {
      {"", ""},
      {"internal server error", "internal server error"},
      {"{\"error\":\"invalid signature\"}", "{\"error\":\"invalid signature\"}"},
      {"mail to ada@example.com now", "mail to * now"},
      {"token spt_live_0123456789abcdef end", "token * end"},
      {"card 4111111111111111", "card *"},
      {"code 12345", "code 12345"},
      {"code 123456", "code *"},
      {"a\r\nb\x01\x7f\xc3\xa9"
       "c",
       "a b c"},
  };
  for (const auto& c : cases) EXPECT_EQ(excerpt(c.response), c.expected) << c.response;
}

TEST(Excerpt, WhatWeSentIsNotKeptWhenTheReceiverEchoesIt) {
  const std::string request = R"({"patient":"Ada Lovelace of London","note":"hello"})";
  EXPECT_EQ(excerpt("bad input: Ada Lovelace of London!", request), "bad input: *!");
  EXPECT_EQ(excerpt("got " + request, request), "got *");
  EXPECT_EQ(excerpt("Ada Lovel", request), "Ada Lovel") << "shorter than an echo";
  EXPECT_EQ(excerpt("nothing in common", request), "nothing in common");
  const std::string repeated(256 * 1024, 'a');
  EXPECT_EQ(excerpt(std::string(1024, 'a'), repeated), "*");
}

TEST(Excerpt, WhatOurHeadersAndTheQueryHeldIsNotKept) {
  struct Case {
    const char* response;
    const char* expected;
  };
  const Case cases[] = {
      {"bad signature v1,abcdefgh v1a,stuvwxyz!", "bad signature *!"},
      {"expected x, got abcdefgh", "expected x, got *"},
      {"stuvwxyz does not match", "* does not match"},
      {"Authorization: Bearer hush", "Authorization: *"},
      {"hush, hush", "*, *"},
      {"the door says: two words here.", "the door says: *."},
      {"... two words h", "... *"},
      {"no message msg_aaaaaaaa", "no message *"},
      {"GET ?key=open+sesame&team=blue", "GET ?*"},
      {"key is 'open sesame'", "key is '*'"},
      {"key is 'open+sesame'", "key is '*'"},
      {"the team is blue", "the team is *"},
      {"sig a/b=c is wrong", "sig * is wrong"},
      {"no such flag", "no such *"},
      {"Cannot POST /hooks/in-the-back-yard", "Cannot POST *"},
      // What is known anyway, or too short to be a secret.
      {"we take application/json from Sealpost/1.0", "we take application/json from Sealpost/1.0"},
      {"turn it on", "turn it on"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(redacted_excerpt(c.response, delivery(), 1024), c.expected) << c.response;
}

TEST(Excerpt, StaysUnderItsLimit) {
  const std::string words = [] {
    std::string out;
    while (out.size() < 4096) out += "word ";
    return out;
  }();
  EXPECT_EQ(excerpt(words).size(), 1024U);
  // The token begins just before the limit: its beginning alone would look harmless.
  const std::string cut = std::string(words, 0, 1015) + "abcdefgh0123456789";
  EXPECT_EQ(excerpt(cut), std::string(words, 0, 1015) + "*");
}

}  // namespace
}  // namespace sealpost
