#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "domain/wire/outbound_body.h"
#include "domain/wire/time_text.h"

namespace sealpost {
namespace {

TEST(TimeText, WritesAndReadsRfc3339) {
  EXPECT_EQ(to_rfc3339(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(from_unix_ms(1'800'000'000'123)), "2027-01-15T08:00:00.123Z");
  for (const std::int64_t ms : {0LL, 1LL, 1'709'164'799'999LL, 4'102'444'800'000LL})
    EXPECT_EQ(from_rfc3339(to_rfc3339(from_unix_ms(ms))), from_unix_ms(ms));
  EXPECT_EQ(from_rfc3339("2027-01-15T08:00:00Z"), from_unix_ms(1'800'000'000'000));
  EXPECT_EQ(from_rfc3339("2027-01-15T08:00:00.1239Z"), from_unix_ms(1'800'000'000'123));
}

TEST(TimeText, RefusesEverythingElse) {
  for (const char* bad :
       {"", "Z", "2027-01-15", "2027-01-15T08:00:00", "2027-01-15T08:00:00+01:00", "2027-02-30T08:00:00Z",
        "2027-01-15T24:00:00Z", "2027-01-15T08:60:00Z", "2027-01-15T08:00:00.Z", "2027-01-15t08:00:00Z",
        "2027-1-15T08:00:00.000Z", "2027-01-15T08:00:00.0000000000Z"})
    EXPECT_FALSE(from_rfc3339(bad)) << bad;
}

OutboundMessage sample(ByteView payload, bool json) {
  return {.message_id = "msg_1",
          .event_type = "a.\"b",
          .accepted_at = from_unix_ms(0),
          .organization_id = "org_1",
          .environment = "live",
          .endpoint_id = "end_1",
          .source_id = "src_1",
          .hops = 2,
          .content_type = "text/plain",
          .payload_is_json = json,
          .payload = payload};
}

TEST(OutboundBody, CarriesJsonAsItCame) {
  const Bytes body = wrapped_body(sample(as_bytes(R"({"x": 1.50})"), true));
  EXPECT_TRUE(as_text(body).ends_with(R"("hops":2,"data":{"x": 1.50}})")) << as_text(body);
  const auto parsed = boost::json::parse(as_text(body)).as_object();
  EXPECT_EQ(parsed.at("type").as_string(), "a.\"b");
  EXPECT_EQ(parsed.at("endpoint").as_string(), "end_1");
  EXPECT_EQ(parsed.at("environment").as_string(), "live");
  EXPECT_EQ(parsed.at("organization").as_string(), "org_1");
}

TEST(OutboundBody, CarriesOtherBytesAsBase64) {
  const Bytes raw{0xff, 0x00};
  const auto parsed = boost::json::parse(as_text(wrapped_body(sample(raw, false)))).as_object();
  EXPECT_EQ(parsed.at("data_base64").as_string(), "/wA=");
  EXPECT_EQ(parsed.at("content_type").as_string(), "text/plain");
  EXPECT_FALSE(parsed.contains("data"));
}

TEST(StoredPayload, RoundTripsAndRefusesForeignForms) {
  const Bytes stored = encode_stored_payload(3, true, as_bytes("{}"));
  const auto back = decode_stored_payload(stored);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->hops, 3U);
  EXPECT_TRUE(back->is_json);
  EXPECT_EQ(as_text(back->bytes), "{}");
  for (const Bytes& bad : {Bytes{}, Bytes{1, 0}, Bytes{2, 0, 0}, Bytes{1, 0, 2}})
    EXPECT_FALSE(decode_stored_payload(bad));
}

TEST(ContentType, KnowsJson) {
  for (const char* yes :
       {"application/json", "Application/JSON; charset=utf-8", "application/cloudevents+json"})
    EXPECT_TRUE(is_json_content_type(yes)) << yes;
  for (const char* no : {"", "text/plain", "application/jsonx", "+json", "application/json-seq"})
    EXPECT_FALSE(is_json_content_type(no)) << no;
}

TEST(ContentType, IsKeptOnlyWhereJsonCanTellIt) {
  EXPECT_EQ(storable_content_type("text/plain; charset=utf-8"), "text/plain; charset=utf-8");
  for (const char* no : {"", "text/\xff", "text/\xc3\xa4", "text/plain;\tx=y", "text/\x7f"})
    EXPECT_EQ(storable_content_type(no), "") << no;
  EXPECT_EQ(storable_content_type(std::string(200, 'a')).size(), 128U);
}

}  // namespace
}  // namespace sealpost
