// Any JSON document as a request body: reading the schemas that requests share ends, every problem has a
// pointer and a sentence, and what was accepted keeps the contract's bounds.
#include <cstddef>
#include <cstdint>

#include "domain/model/public_id.h"
#include "edge/rest_api/request_fields.h"
#include "foundation/bytes/bytes.h"
#include "foundation/json/json.h"

namespace sealpost {
namespace {

void read_all(const boost::json::object& document, const PublicIdCodec& ids) {
  ObjectReader reader(document);
  const auto integration = read_id<IntegrationId>(reader, ids, "integration_id");
  const auto channel = optional_id<ChannelId>(reader, ids, "channel_id");
  static_cast<void>(read_environment(reader));
  const auto name = read_text(reader, "name", kNameLength);
  const auto at = optional_time(reader, "at");
  const auto from = read_time(reader, "from");
  const auto owner = optional_owner(reader);
  const auto rate = optional_rate(reader);
  const auto types = optional_event_types(reader);
  const auto networks = optional_networks(reader);
  const auto rules = optional_event_rules(reader);
  const auto end = read_key_end(reader);
  const auto finished = reader.finish();
  if (!finished) {
    SEALPOST_CHECK(!finished.error().empty());
    for (const auto& problem : finished.error())
      SEALPOST_CHECK(problem.pointer.starts_with('/') && !problem.message.empty());
    return;
  }
  SEALPOST_CHECK(integration.set() && (!channel || channel->set()));
  SEALPOST_CHECK(!name.empty() && name.size() <= 4 * kNameLength.max);
  if (types)
    for (const auto& type : *types) SEALPOST_CHECK(is_event_type(type));
  if (rules) SEALPOST_CHECK(rules->size() <= 200);
  if (rate) SEALPOST_CHECK(rate->per_second <= 1'000'000);
  if (end.rotate_every_days) SEALPOST_CHECK(*end.rotate_every_days <= 3650);
  static_cast<void>(at);
  static_cast<void>(from);
  static_cast<void>(owner);
  static_cast<void>(networks);
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  static const PublicIdCodec ids(*Aes256Block::create(SecretBytes::take(Bytes(32, 7))), {{1, 0}});
  const auto document = parse_json(as_text({data, size}));
  if (document && document->is_object()) read_all(document->get_object(), ids);
  return 0;
}
