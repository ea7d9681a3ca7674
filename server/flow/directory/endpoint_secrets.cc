#include "flow/directory/endpoint_secrets.h"

#include "domain/model/record_json.h"
#include "foundation/bytes/secret_access.h"

namespace sealpost {
namespace {

SealContext context_of(const ObjectRow& row) {
  return {.tenancy = row.head.tenancy,
          .kind = EntityKind::Endpoint,
          .id = row.head.position,
          .version = row.head.version,
          .field = "endpoint.secrets"};
}

}  // namespace

Result<ObjectRow, VaultError> hide_endpoint_secrets(const Vault& vault, ObjectRow row) {
  auto record = record_from_text<Endpoint>(row.head, row.body);
  if (!record) return fail(VaultError::Malformed);
  boost::json::array values;
  for (CustomHeader& header : record->headers) {
    values.emplace_back(header.value);
    wipe_memory(header.value.data(), header.value.size());
    header.value.clear();
  }
  const std::size_t query = std::min(record->url.find('?'), record->url.size());
  const boost::json::object secrets{{"query", record->url.substr(query)}, {"values", std::move(values)}};
  std::string text = boost::json::serialize(secrets);
  const SecretBytes secret = SecretBytes::copy_of(as_bytes(text));
  wipe_memory(text.data(), text.size());
  record->url.resize(query);
  SEALPOST_TRY(row.sealed, vault.seal_secret(secret, context_of(row)));
  row.body = record_to_text(*record);
  return row;
}

Result<ObjectRow, VaultError> show_endpoint_secrets(const Vault& vault, ObjectRow row) {
  auto record = record_from_text<Endpoint>(row.head, row.body);
  if (!record) return fail(VaultError::Malformed);
  SEALPOST_TRY(const SecretBytes secret, vault.open_secret(row.sealed, context_of(row)));
  boost::json::error_code error;
  const auto json =
      boost::json::parse(as_text(secret.reveal(SecretAccess("put an endpoint's record together"))), error);
  if (error || !json.is_object()) return fail(VaultError::Malformed);
  const auto* query = json.get_object().if_contains("query");
  const auto* values = json.get_object().if_contains("values");
  const bool whole = query != nullptr && query->is_string() && values != nullptr && values->is_array() &&
                     values->get_array().size() == record->headers.size();
  if (!whole) return fail(VaultError::Malformed);
  record->url += std::string_view(query->get_string());
  for (std::size_t i = 0; i < record->headers.size(); ++i) {
    const auto& value = values->get_array()[i];
    if (!value.is_string()) return fail(VaultError::Malformed);
    record->headers[i].value = std::string_view(value.get_string());
  }
  row.body = record_to_text(*record);
  return row;
}

}  // namespace sealpost
