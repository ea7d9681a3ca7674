// Texts that anybody may send as a token or a client secret. Whatever comes, nothing verifies that was not
// minted here, and nothing is read beyond its end.
#include <cstddef>
#include <cstdint>

#include "access/identity/access_token.h"
#include "access/identity/client_secret.h"
#include "access/identity/internal/claims_codec.h"
#include "trust/vault/testing/vault_fixture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  static VaultFixture fixture;
  static TokenDenyList denied;
  static const AccessTokens tokens(*fixture.vault, denied);
  static const PublicIdCodec ids = fixture.vault->make_public_id_codec({{1, 0}});
  static const DirectorySnapshot picture;
  const ByteView octets(data, size);
  const WallTime now = fixture.clock.wall_now();
  SEALPOST_CHECK(!tokens.verify(as_text(octets), now).ok());
  SEALPOST_CHECK(!tokens.verify_operator(as_text(octets), now).ok());
  static const std::string client = ids.encode(EntityKind::Credential, 1ULL << 40);
  SEALPOST_CHECK(!authenticate_client(*fixture.vault, ids, picture, client, as_text(octets), now).ok());
  // What is sealed inside is trusted to be ours, and read strictly all the same.
  if (const auto claims = decode_claims(octets))
    SEALPOST_CHECK(encode_claims(*claims) == Bytes(data, data + size));
  if (const auto claims = decode_operator_claims(octets))
    SEALPOST_CHECK(encode_operator_claims(*claims) == Bytes(data, data + size));
  return 0;
}
