#include "flow/delivery/internal/payload_reader.h"

#include "domain/wire/outbound_body.h"

namespace sealpost::delivery {
namespace {

// Why a sealed payload gave none.
PublicCode code_of(VaultError error) {
  switch (error) {
    case VaultError::Destroyed:
      return PublicCode::PayloadErased;
    case VaultError::KeyUnavailable:
    case VaultError::StoreFailed:
      return PublicCode::KeyUnavailable;
    case VaultError::Tampered:
    case VaultError::WrongRootKey:
    case VaultError::Malformed:
      break;
  }
  return PublicCode::InternalError;
}

}  // namespace

Opened open_payload(Store& store, Vault& vault, const Tenancy& tenancy, MessageId message, SendTag tag) {
  Opened out;
  out.tag = tag;
  std::optional<Bytes> sealed;
  Position source = 0;
  const auto read = store.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(sealed, reader.payload_of(tenancy, message));
    SEALPOST_TRY(const MessageRow row, reader.find_message(tenancy, message));
    source = row.source;
    return {};
  });
  if (!read) {
    out.later = read.error() != StoreError::Corrupt && read.error() != StoreError::NotFound;
    return out;
  }
  out.code = PublicCode::PayloadErased;
  if (!sealed) return out;
  const auto opened = vault.open_sealed(*sealed, {.tenancy = tenancy,
                                                  .kind = EntityKind::Message,
                                                  .id = message.position,
                                                  .version = 1,
                                                  .field = "payload"});
  if (!opened) {
    out.code = code_of(opened.error());
    return out;
  }
  auto stored = decode_stored_payload(*opened);
  out.code = PublicCode::InternalError;
  if (!stored) return out;
  out.message = std::make_shared<const CarriedMessage>(
      CarriedMessage{SourceId{source}, stored->hops, stored->is_json, std::move(stored->bytes)});
  return out;
}

}  // namespace sealpost::delivery
