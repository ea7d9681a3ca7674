// Any redaction rules over any body: a bounded JSON object, and nothing of the body where no rule keeps it.
// One rule to a line, its first character k, m or d for keep, mask, drop; an empty line; the body.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/json.hpp>

#include "domain/policy/redaction.h"
#include "foundation/bytes/bytes.h"

namespace sealpost {
namespace {

FieldTreatment treatment_of(char letter) {
  return letter == 'k' ? FieldTreatment::Keep : letter == 'm' ? FieldTreatment::Mask : FieldTreatment::Drop;
}

std::vector<FieldRule> take_rules(std::string_view& text) {
  std::vector<FieldRule> rules;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) break;
    rules.push_back({std::string(line.substr(1)), treatment_of(line.front())});
  }
  return rules;
}

// True if every leaf is what masking writes.
bool only_masks(const boost::json::value& value) {
  if (value.is_object()) {
    for (const auto& member : value.get_object())
      if (!only_masks(member.value())) return false;
    return true;
  }
  if (value.is_array()) {
    for (const auto& element : value.get_array())
      if (!only_masks(element)) return false;
    return true;
  }
  return value == "[masked]";
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  std::string_view text = as_text({data, size});
  auto rules = take_rules(text);
  boost::json::error_code error;
  const auto body = boost::json::parse(text, error);
  if (error) return 0;
  for (const bool keeping : {true, false}) {
    if (!keeping)
      for (auto& rule : rules)
        if (rule.treatment == FieldTreatment::Keep) rule.treatment = FieldTreatment::Drop;
    const auto plan = RedactionPlan::create({{.event_type = "", .fields = rules, .keep_payload_days = 0}});
    if (!plan) return 0;
    const std::string summary = plan->summarise("a.b", body);
    SEALPOST_CHECK(summary.size() <= kMaxSummaryBytes);
    const auto read = boost::json::parse(summary, error);
    SEALPOST_CHECK(!error && read.is_object());
    if (!keeping && !read.get_object().contains("truncated")) SEALPOST_CHECK(only_masks(read));
  }
  return 0;
}
