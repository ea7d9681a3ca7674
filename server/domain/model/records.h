// The records of the control plane, as they are stored: plain values, every one under its organization. The
// store keeps each as one row of JSON (record_json.h) beside its key columns; secrets never stand in a
// record, they are sealed in a column of their own. Changing a record's shape: add fields with a default that
// means what their absence meant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/model/ids.h"
#include "domain/model/scopes.h"
#include "domain/model/tenancy.h"

namespace sealpost {

// What every record begins with. `version` counts changes from 1 and is the ETag.
struct RecordHead {
  Position position = 0;
  Tenancy tenancy;
  std::uint64_t version = 1;
  WallTime created_at{};
  WallTime updated_at{};
};

struct Organization {
  static constexpr EntityKind kKind = EntityKind::Organization;
  RecordHead head;
  std::string name;
  // Messages a second of all its integrations together, and how many may come at once. 0: the installation's
  // default.
  std::uint32_t rate_per_second = 0;
  std::uint32_t rate_burst = 0;
  [[nodiscard]] OrganizationId id() const { return {head.position}; }
};

struct Workspace {
  static constexpr EntityKind kKind = EntityKind::Workspace;
  RecordHead head;
  std::string name;
  [[nodiscard]] WorkspaceId id() const { return {head.position}; }
};

enum class FieldTreatment : std::uint8_t { Keep, Mask, Drop };

// One line of redaction: what becomes of the member that `pointer` (RFC 6901; `*` stands for any one member
// or element) names. What no line names is dropped from the summary.
struct FieldRule {
  std::string pointer;
  FieldTreatment treatment = FieldTreatment::Drop;
};
// Applies to one event type, or to all that no other rule names when `event_type` is empty.
struct EventRule {
  std::string event_type;
  std::vector<FieldRule> fields;
  // Kept after delivery only by explicit choice, and then with an end: days, 0 for "until delivered".
  std::uint32_t keep_payload_days = 0;
};

enum class IntegrationState : std::uint8_t { Draft, Active, Suspended, Revoked, Decommissioned };

// A passed rehearsal lapses when credentials or keys change: `fingerprint` names what it was passed with.
struct Rehearsal {
  std::optional<WallTime> passed_at;
  std::string fingerprint;
};

struct Integration {
  static constexpr EntityKind kKind = EntityKind::Integration;
  RecordHead head;
  WorkspaceId workspace;
  std::string name;
  std::string source_system;
  std::string owner_team;
  std::string owner_contact;
  IntegrationState state = IntegrationState::Draft;
  std::string state_reason;
  Rehearsal rehearsal;
  // Messages a second, and how many may come at once. 0: the installation's default.
  std::uint32_t rate_per_second = 0;
  std::uint32_t rate_burst = 0;
  std::vector<EventRule> event_rules;  // for what it sends through the API
  [[nodiscard]] IntegrationId id() const { return {head.position}; }
};

enum class InboundScheme : std::uint8_t {
  StandardV1,
  StandardV1a,
  GitHub,
  Stripe,
  Slack,
  GitLabToken,
  GitLabSigned,
  GenericHmac
};
enum class SourceState : std::uint8_t { Active, Suspended, Deleted };
// Template of the generic HMAC scheme; the schemes module validates it.
struct GenericHmacTemplate {
  std::string signature_header;
  std::string signature_prefix;
  std::string encoding;          // hex | base64 | base64url
  std::string timestamp_header;  // empty: no signed time
  std::string id_header;
  std::string event_type_header;
  std::string signed_template;  // for example `{id}.{timestamp}.{body}`
};

struct Source {
  static constexpr EntityKind kKind = EntityKind::Source;
  RecordHead head;
  IntegrationId integration;
  std::string name;
  SourceState state = SourceState::Active;
  InboundScheme scheme = InboundScheme::StandardV1;
  std::optional<GenericHmacTemplate> generic;
  std::uint32_t window_seconds = 300;
  std::uint32_t max_body_bytes = 262'144;
  std::vector<std::string> event_types;  // empty: any
  std::vector<std::string> networks;     // CIDR; empty: any
  std::vector<EventRule> event_rules;
  // How long claims outlive acceptance. 0: 7 days with a signed time, 30 days without.
  std::uint32_t claim_horizon_hours = 0;
  bool claims_until_key_retired =
      false;  // and as long as a key that was there verifies; without a signed time only
  std::uint32_t rate_per_second = 0;
  std::uint32_t rate_burst = 0;
  [[nodiscard]] SourceId id() const { return {head.position}; }
};

enum class EndpointState : std::uint8_t { Active, Disabled, Deleted };
enum class EndpointBody : std::uint8_t { Wrapped, Unwrapped };
enum class OrderedFailure : std::uint8_t { Block, Skip };

struct CustomHeader {
  std::string name;
  std::string value;
};

struct Endpoint {
  static constexpr EntityKind kKind = EntityKind::Endpoint;
  RecordHead head;
  IntegrationId integration;
  std::string name;
  std::string url;
  EndpointState state = EndpointState::Active;
  std::string state_reason;
  EndpointBody body = EndpointBody::Wrapped;
  bool sign_v1 = true;
  bool sign_v1a = false;
  std::vector<CustomHeader> headers;
  std::vector<std::uint32_t> retry_schedule_seconds;  // empty: the default schedule
  std::uint32_t timeout_ms = 15'000;
  std::uint32_t max_concurrency = 8;
  // `ordered` gets its meaning with ordered delivery. A breaker_threshold of 0: none.
  bool ordered = false;
  OrderedFailure ordered_failure = OrderedFailure::Block;
  std::uint32_t breaker_threshold = 0;
  [[nodiscard]] EndpointId id() const { return {head.position}; }
};

enum class ChannelKind : std::uint8_t { Inbox };
enum class ChannelState : std::uint8_t { Active, Deleted };

struct Channel {
  static constexpr EntityKind kKind = EntityKind::Channel;
  RecordHead head;
  WorkspaceId workspace;
  std::string name;
  ChannelKind kind = ChannelKind::Inbox;
  ChannelState state = ChannelState::Active;
  [[nodiscard]] ChannelId id() const { return {head.position}; }
};

enum class SubscriptionState : std::uint8_t { Active, Deleted };

// What an integration sends on: events of these types go to one endpoint or one channel.
struct Subscription {
  static constexpr EntityKind kKind = EntityKind::Subscription;
  RecordHead head;
  IntegrationId integration;
  std::vector<std::string> event_types;  // empty: all
  std::optional<EndpointId> endpoint;
  std::optional<ChannelId> channel;
  SubscriptionState state = SubscriptionState::Active;
  [[nodiscard]] SubscriptionId id() const { return {head.position}; }
};

enum class GrantState : std::uint8_t { Requested, Active, Suspended, Revoked, Superseded };

// `resources` narrows the scope to named channels or endpoints; empty means all of the integration's own.
struct GrantedScope {
  std::string scope;
  std::vector<Position> resources;
};

// What a grant allows against a rule, and only until an end.
enum class GrantExceptionKind : std::uint8_t { UnsignedSource };
struct GrantException {
  GrantExceptionKind kind = GrantExceptionKind::UnsignedSource;
  Position resource = 0;  // the source it is for
  std::string owner;
  std::string reason;
  WallTime ends_at{};
};

// The recorded consent. Never edited once decided: a change is a new grant that supersedes this one.
struct Grant {
  static constexpr EntityKind kKind = EntityKind::Grant;
  RecordHead head;
  IntegrationId integration;
  std::uint32_t grant_version = 1;
  GrantState state = GrantState::Requested;
  std::vector<GrantedScope> scopes;
  std::vector<GrantException> exceptions;
  std::string reason;
  std::string requested_by;
  std::string approved_by;
  std::optional<WallTime> approved_at;
  std::optional<WallTime> expires_at;
  std::string ended_by;
  std::optional<WallTime> ended_at;
  std::string policy_id;
  std::uint32_t policy_version = 0;
  [[nodiscard]] GrantId id() const { return {head.position}; }
};

enum class CredentialState : std::uint8_t { Active, Revoked };

// A client secret. What is stored is an HMAC under a vault key; the secret itself was shown once.
struct Credential {
  static constexpr EntityKind kKind = EntityKind::Credential;
  RecordHead head;
  IntegrationId integration;
  std::string name;
  CredentialState state = CredentialState::Active;
  std::string secret_hash;  // hexadecimal
  std::string hint;         // the last four characters, for people
  std::optional<WallTime> expires_at;
  bool throw_away = false;            // made by a rehearsal
  std::uint32_t rate_per_second = 0;  // of what it sends; 0: the installation's default
  std::uint32_t rate_burst = 0;
  [[nodiscard]] CredentialId id() const { return {head.position}; }
};

enum class KeyState : std::uint8_t { Pending, Active, Retiring, Retired, Destroyed, Compromised };
enum class KeyUse : std::uint8_t { Inbound, Outbound };
enum class KeyAlgorithm : std::uint8_t { HmacSha256, Ed25519, StaticToken };

// A signing key's life; its material is sealed beside the record. `owner` is a source or an endpoint.
struct SigningKey {
  static constexpr EntityKind kKind = EntityKind::SigningKey;
  RecordHead head;
  IntegrationId integration;
  Position owner = 0;
  KeyUse use = KeyUse::Inbound;
  KeyAlgorithm algorithm = KeyAlgorithm::HmacSha256;
  KeyState state = KeyState::Active;
  std::string fingerprint;  // keyed, so that equal secrets can be refused without being comparable outside
  std::string public_key;   // whpk_… for Ed25519
  std::optional<WallTime> activated_at;
  std::optional<WallTime> retires_at;  // end of the overlap
  std::optional<WallTime> retired_at;
  std::optional<WallTime> compromised_since;
  // Draft → active asks for one of the two.
  std::optional<WallTime> expires_at;
  std::uint32_t rotate_every_days = 0;
  [[nodiscard]] SigningKeyId id() const { return {head.position}; }
};

}  // namespace sealpost
