// Any text as the configuration file: it ends in settings that keep their bounds, or in a sentence.
#include <cstddef>
#include <cstdint>

#include "app/config/config.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const auto config = parse_config(as_text({data, size}), "sealpost.toml");
  if (!config) {
    SEALPOST_CHECK(config.error().message.starts_with("sealpost.toml"));
    return 0;
  }
  SEALPOST_CHECK(!config->data_dir.empty() && !config->root_key.empty() && !config->operators.uids.empty());
  SEALPOST_CHECK(config->server.threads >= 1 && config->server.threads <= 64);
  SEALPOST_CHECK(config->server.tls_certificate.empty() == config->server.tls_key.empty());
  SEALPOST_CHECK(!config->server.tls_key.empty() || config->server.listen.address.is_loopback());
  SEALPOST_CHECK(!config->metrics.listen || config->metrics.listen->address.is_loopback());
  for (const auto& opening : config->egress.openings)
    SEALPOST_CHECK(opening.environment == Environment::Test || opening.plain_http.empty());
  return 0;
}
