#include "domain/schemes/scheme.h"

#include <gtest/gtest.h>

#include "domain/schemes/verify.h"

namespace sealpost {
namespace {

using std::chrono::seconds;

std::optional<SettingsError> error_of(SchemeSettings::Options options) {
  const auto settings = SchemeSettings::create(std::move(options));
  if (settings.ok()) return std::nullopt;
  return settings.error();
}

HmacTemplate generic(std::string_view signed_text) {
  HmacTemplate t;
  t.signature_header = "X-Signature";
  if (signed_text.find("{timestamp}") != std::string_view::npos) t.timestamp_header = "X-Time";
  if (signed_text.find("{id}") != std::string_view::npos) t.id_header = "X-Id";
  if (auto parts = parse_template(signed_text)) t.parts = *parts;
  return t;
}

std::optional<SettingsError> error_of(HmacTemplate t) {
  return error_of({.scheme = Scheme::GenericHmac, .hmac_template = std::move(t)});
}

TEST(SchemeSettings, WindowLiesBetweenTenSecondsAndAnHour) {
  EXPECT_EQ(error_of({.window = seconds(9)}), SettingsError::BadWindow);
  EXPECT_FALSE(error_of({.window = seconds(10)}).has_value());
  EXPECT_FALSE(error_of({.window = seconds(3600)}).has_value());
  EXPECT_EQ(error_of({.window = seconds(3601)}), SettingsError::BadWindow);
  EXPECT_EQ(error_of({.window = seconds(0)}), SettingsError::BadWindow);
}

TEST(SchemeSettings, BodyBound) {
  EXPECT_EQ(SchemeSettings::create({})->max_body_bytes(), 256U * 1024);
  EXPECT_EQ(error_of({.max_body_bytes = SchemeSettings::kMaxBodyBytes + 1}), SettingsError::BadBodyBound);
  EXPECT_FALSE(error_of({.max_body_bytes = SchemeSettings::kMaxBodyBytes}).has_value());
}

TEST(SchemeSettings, TemplateBelongsToTheGenericSchemeOnly) {
  EXPECT_EQ(error_of({.scheme = Scheme::GenericHmac}), SettingsError::TemplateMissing);
  EXPECT_EQ(error_of({.scheme = Scheme::GitHub, .hmac_template = generic("{body}")}),
            SettingsError::TemplateUnused);
}

TEST(SchemeSettings, SignedTimeAndSignedness) {
  for (const Scheme scheme : kAllSchemes) {
    EXPECT_EQ(scheme_from_name(name(scheme)), scheme);
    EXPECT_EQ(is_signed(scheme), scheme != Scheme::GitLabToken);
    if (scheme == Scheme::GenericHmac) continue;
    const bool timed = scheme != Scheme::GitHub && scheme != Scheme::GitLabToken;
    EXPECT_EQ(SchemeSettings::create({.scheme = scheme})->has_signed_time(), timed) << name(scheme);
  }
  const auto with =
      SchemeSettings::create({.scheme = Scheme::GenericHmac, .hmac_template = generic("{timestamp}.{body}")});
  EXPECT_TRUE(with->has_signed_time());
  EXPECT_FALSE(scheme_from_name("GitHub").has_value());
}

TEST(Templates, TextForms) {
  struct Row {
    std::string_view text;
    std::optional<SettingsError> error;
  };
  const Row rows[] = {
      {"{body}", {}},
      {"{id}.{timestamp}.{body}", {}},
      {"v0:{timestamp}:{body}", {}},
      {"{timestamp}{body}", {}},
      {"{body}{timestamp}", {}},
      {"{body}.{id}", {}},
      {"{{literal}}{body}", {}},
      {"a{id}b.c{body}", SettingsError::AmbiguousTemplate},
      {"{id}{body}", SettingsError::AmbiguousTemplate},
      {"{body}{id}", SettingsError::AmbiguousTemplate},
      {"{id}{timestamp}.{body}", SettingsError::AmbiguousTemplate},
      {"{timestamp}5{body}", SettingsError::AmbiguousTemplate},
      {"{body}7{timestamp}", SettingsError::AmbiguousTemplate},
      {"{id}_{body}", SettingsError::AmbiguousTemplate},
      {"", SettingsError::BadTemplate},
      {"{id}.{timestamp}", SettingsError::BadTemplate},
      {"{body}{body}", SettingsError::BadTemplate},
      {"{id}.{id}.{body}", SettingsError::BadTemplate},
      {"{url}.{body}", SettingsError::BadTemplate},
      {"{body", SettingsError::BadTemplate},
      {"body}", SettingsError::BadTemplate},
      {"{ body }", SettingsError::BadTemplate},
      {"{id} {body}", SettingsError::BadTemplate},
  };
  for (const Row& row : rows) {
    const auto parts = parse_template(row.text);
    EXPECT_EQ(parts.ok(), !row.error.has_value()) << row.text;
    if (row.error && !parts.ok()) {
      EXPECT_EQ(parts.error(), *row.error) << row.text;
    }
  }
  EXPECT_FALSE(parse_template(std::string(300, 'a') + "{body}").ok());
}

TEST(Templates, HeadersAndPrefix) {
  EXPECT_FALSE(error_of(generic("{id}.{timestamp}.{body}")).has_value());
  auto t = generic("{body}");
  t.signature_header = "";
  EXPECT_EQ(error_of(t), SettingsError::BadHeaderName);
  t.signature_header = "X Signature";
  EXPECT_EQ(error_of(t), SettingsError::BadHeaderName);
  t.signature_header = std::string(65, 'x');
  EXPECT_EQ(error_of(t), SettingsError::BadHeaderName);
  t = generic("{body}");
  t.event_type_header = "x-signature";
  EXPECT_EQ(error_of(t), SettingsError::BadHeaderName);
  t = generic("{body}");
  t.timestamp_header = "X-Time";
  EXPECT_EQ(error_of(t), SettingsError::UnboundHeader);
  t = generic("{timestamp}.{body}");
  t.timestamp_header = "";
  EXPECT_EQ(error_of(t), SettingsError::UnboundHeader);
  t = generic("{id}.{body}");
  t.id_header = "";
  EXPECT_EQ(error_of(t), SettingsError::UnboundHeader);
  t = generic("{body}");
  t.prefix = "a,b";
  EXPECT_EQ(error_of(t), SettingsError::BadPrefix);
  t.prefix = "sha256 =";
  EXPECT_EQ(error_of(t), SettingsError::BadPrefix);
  t.prefix = std::string(33, 'p');
  EXPECT_EQ(error_of(t), SettingsError::BadPrefix);
}

// Parts may also come from a stored record, without parse_template().
TEST(Templates, PartsMadeByHandObeyTheSameRules) {
  using Piece = HmacTemplate::Piece;
  auto t = generic("{body}");
  t.parts = {};
  EXPECT_EQ(error_of(t), SettingsError::BadTemplate);
  t.parts = {{Piece::Literal, "a"}, {Piece::Literal, "b"}, {Piece::Body, ""}};
  EXPECT_EQ(error_of(t), SettingsError::BadTemplate);
  t.parts = {{Piece::Literal, ""}, {Piece::Body, ""}};
  EXPECT_EQ(error_of(t), SettingsError::BadTemplate);
  t.parts = {{Piece::Body, "text"}};
  EXPECT_EQ(error_of(t), SettingsError::BadTemplate);
  t.parts = std::vector<HmacTemplate::Part>(8, {Piece::Literal, "a"});
  EXPECT_EQ(error_of(t), SettingsError::BadTemplate);
}

TEST(Explain, TellsWhatAReaderNeedsAndNoSignature) {
  const auto settings = SchemeSettings::create({});
  const HeaderView headers[] = {{"Webhook-Id", "a"},
                                {"webhook-timestamp", "1000"},
                                {"webhook-signature",
                                 "v1,"
                                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}};
  std::vector<VerificationKey> keys;
  keys.push_back({.id = "k", .material = HmacSha256(as_bytes("0123456789abcdef"))});
  keys.push_back({.id = "p",
                  .state = VerificationKeyState::Pending,
                  .material = HmacSha256(as_bytes("0123456789abcdef"))});
  const VerificationTime now(seconds(1010));
  const auto trace = explain(*settings, headers, as_bytes("body"), keys, now);
  EXPECT_EQ(trace.headers_seen,
            (std::vector<std::string>{"webhook-id", "webhook-timestamp", "webhook-signature"}));
  EXPECT_EQ(trace.signed_length, 11U);
  EXPECT_EQ(trace.signed_sha256, sha256(as_bytes("a.1000.body")));
  EXPECT_EQ(trace.body_sha256, sha256(as_bytes("body")));
  EXPECT_EQ(trace.key_ids_tried, std::vector<std::string>{"k"});
  EXPECT_EQ(trace.clock_difference_s, 10);
  const auto late = explain(*settings, headers, as_bytes("body"), keys, VerificationTime(seconds(5000)));
  EXPECT_TRUE(late.key_ids_tried.empty());
  EXPECT_EQ(late.clock_difference_s, 4000);
  const auto bare = explain(*settings, {}, as_bytes("body"), keys, now);
  EXPECT_FALSE(bare.signed_length.has_value());
}

}  // namespace
}  // namespace sealpost
