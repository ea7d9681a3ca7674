// Tells Boost.Describe the members of every record, so that one converter (record_json.h) reads and writes
// them all. A member that is missing here is lost when stored: record_json_test.cc counts them.
#pragma once

#include <boost/describe.hpp>

#include "domain/model/records.h"

namespace sealpost {

BOOST_DESCRIBE_ENUM(IntegrationState, Draft, Active, Suspended, Revoked, Decommissioned)
BOOST_DESCRIBE_ENUM(InboundScheme, StandardV1, StandardV1a, GitHub, Stripe, Slack, GitLabToken, GitLabSigned,
                    GenericHmac)
BOOST_DESCRIBE_ENUM(SourceState, Active, Suspended, Deleted)
BOOST_DESCRIBE_ENUM(FieldTreatment, Keep, Mask, Drop)
BOOST_DESCRIBE_ENUM(EndpointState, Active, Disabled, Deleted)
BOOST_DESCRIBE_ENUM(EndpointBody, Wrapped, Unwrapped)
BOOST_DESCRIBE_ENUM(OrderedFailure, Block, Skip)
BOOST_DESCRIBE_ENUM(ChannelKind, Inbox)
BOOST_DESCRIBE_ENUM(ChannelState, Active, Deleted)
BOOST_DESCRIBE_ENUM(SubscriptionState, Active, Deleted)
BOOST_DESCRIBE_ENUM(GrantState, Requested, Active, Suspended, Revoked, Superseded)
BOOST_DESCRIBE_ENUM(CredentialState, Active, Revoked)
BOOST_DESCRIBE_ENUM(KeyState, Pending, Active, Retiring, Retired, Destroyed, Compromised)
BOOST_DESCRIBE_ENUM(KeyUse, Inbound, Outbound)
BOOST_DESCRIBE_ENUM(KeyAlgorithm, HmacSha256, Ed25519, StaticToken)

BOOST_DESCRIBE_STRUCT(Organization, (), (name, rate_per_second, rate_burst))
BOOST_DESCRIBE_STRUCT(Workspace, (), (name))
BOOST_DESCRIBE_STRUCT(Rehearsal, (), (passed_at, fingerprint))
BOOST_DESCRIBE_STRUCT(Integration, (),
                      (workspace, name, source_system, owner_team, owner_contact, state, state_reason,
                       rehearsal, rate_per_second, rate_burst, event_rules))
BOOST_DESCRIBE_STRUCT(FieldRule, (), (pointer, treatment))
BOOST_DESCRIBE_STRUCT(EventRule, (), (event_type, fields, keep_payload_days))
BOOST_DESCRIBE_STRUCT(GenericHmacTemplate, (),
                      (signature_header, signature_prefix, encoding, timestamp_header, id_header,
                       event_type_header, signed_template))
BOOST_DESCRIBE_STRUCT(Source, (),
                      (integration, name, state, scheme, generic, window_seconds, max_body_bytes, event_types,
                       networks, event_rules, claim_horizon_hours, claims_until_key_retired, rate_per_second,
                       rate_burst))
BOOST_DESCRIBE_STRUCT(CustomHeader, (), (name, value))
BOOST_DESCRIBE_STRUCT(Endpoint, (),
                      (integration, name, url, state, state_reason, body, sign_v1, sign_v1a, headers,
                       retry_schedule_seconds, timeout_ms, max_concurrency, ordered, ordered_failure,
                       breaker_threshold))
BOOST_DESCRIBE_STRUCT(Channel, (), (workspace, name, kind, state))
BOOST_DESCRIBE_STRUCT(Subscription, (), (integration, event_types, endpoint, channel, state))
BOOST_DESCRIBE_STRUCT(GrantedScope, (), (scope, resources))
BOOST_DESCRIBE_ENUM(GrantExceptionKind, UnsignedSource)
BOOST_DESCRIBE_STRUCT(GrantException, (), (kind, resource, owner, reason, ends_at))
BOOST_DESCRIBE_STRUCT(Grant, (),
                      (integration, grant_version, state, scopes, exceptions, reason, requested_by,
                       approved_by, approved_at, expires_at, ended_by, ended_at, policy_id, policy_version))
BOOST_DESCRIBE_STRUCT(Credential, (),
                      (integration, name, state, secret_hash, hint, expires_at, throw_away, rate_per_second,
                       rate_burst))
BOOST_DESCRIBE_STRUCT(SigningKey, (),
                      (integration, owner, use, algorithm, state, fingerprint, public_key, activated_at,
                       retires_at, retired_at, compromised_since, expires_at, rotate_every_days))

}  // namespace sealpost
