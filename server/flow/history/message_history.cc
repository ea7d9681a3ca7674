#include "flow/history/message_history.h"

#include "domain/wire/outbound_body.h"
#include "domain/wire/time_text.h"
#include "flow/directory/change_record.h"
#include "flow/history/internal/receipt_view.h"
#include "foundation/json/json.h"

namespace sealpost {
namespace {

// A page of an inbox ends early rather than hold more than this in memory.
constexpr std::size_t kMaxPageBytes = std::size_t{4} * 1024 * 1024;
constexpr JsonLimits kPayloadLimits{.max_depth = 64, .max_bytes = std::size_t{32} * 1024 * 1024};

// Where a caller's id may lie: a machine's own tenancy; an operator's organization, or all of them.
void add_tenancies(std::vector<Tenancy>& out, OrganizationId organization) {
  out.push_back({organization, Environment::Test});
  out.push_back({organization, Environment::Live});
  out.push_back({organization, Environment::Shared});  // refusals of what stands above environments
}
std::vector<Tenancy> all_tenancies(const DirectorySnapshot& picture) {
  std::vector<Tenancy> out;
  for (const auto& [position, organization] : picture.organizations) add_tenancies(out, organization->id());
  return out;
}
std::vector<Tenancy> tenancies_of(const DirectorySnapshot& picture, const AuthorizedCall& call) {
  const Tenancy& own = call.tenancy();
  if (own.environment != Environment::Shared) return {own};
  std::vector<Tenancy> out;
  if (own.organization.set())
    add_tenancies(out, own.organization);
  else if (call.caller_kind() == CallerKind::Operator)
    out = all_tenancies(picture);
  return out;
}

// The first tenancy in which `find` finds; NotFound when none does.
template <class Row, class Find>
StoreResult<Row> find_in_any(const std::vector<Tenancy>& tenancies, Find&& find) {
  for (const Tenancy& tenancy : tenancies) {
    StoreResult<Row> found = find(tenancy);
    if (found.ok() || found.error() != StoreError::NotFound) return found;
  }
  return fail(StoreError::NotFound);
}

StoreResult<MessageRecord> load_message(Reader& reader, MessageRow row) {
  MessageRecord record{.row = std::move(row), .deliveries = {}};
  SEALPOST_TRY(auto rows, reader.deliveries_of(record.row));
  for (const DeliveryRow& delivery : rows) {
    SEALPOST_TRY(auto attempts, reader.attempts_of(delivery.tenancy, delivery.delivery));
    record.deliveries.push_back({delivery, std::move(attempts)});
  }
  return record;
}

// A read whose own refusal may differ from the store's.
template <class T, class Look>
Operation<T> look(const Operations& operations, Look&& with) {
  std::optional<StoreResult<T>> answer;
  const auto read = operations.parts().store.read([&](Reader& reader) -> StoreResult<void> {
    answer.emplace(with(reader));
    return {};
  });
  if (!read) return fail(refusal_of(read.error()));
  return told(*std::move(answer));
}

MessageEvidence evidence_of(AuditTrail& audit, const MessageRow& row) {
  MessageEvidence evidence;
  const auto record = audit.open_record({row.tenancy.organization, Environment::Shared}, row.audit_index);
  if (!record) return evidence;
  for (const OpenedGroup& group : record->groups) {
    const auto fields = parse_canonical_fields(group.canonical);
    if (!fields) continue;
    for (const CanonicalField& field : *fields) {
      const auto* number = std::get_if<std::int64_t>(&field.value);
      if (field.key == "received_ms" && number != nullptr) evidence.received_at = from_unix_ms(*number);
      if (field.key == "prepared_ms" && number != nullptr) evidence.prepared_at = from_unix_ms(*number);
      if (field.key == "source_address")
        if (const auto* text = std::get_if<std::string>(&field.value)) evidence.source_address = *text;
    }
  }
  return evidence;
}

Operation<void> judge_row(const DirectorySnapshot& picture, const AuthorizedCall& call,
                          const Tenancy& tenancy, IntegrationId integration, Position narrowable = 0) {
  return judge_visibility(
      picture, call,
      {.tenancy = tenancy, .integration = integration, .workspace = {}, .narrowable = narrowable});
}

Resource unversioned(boost::json::object body, EntityKind kind, Position position) {
  return {.body = std::move(body), .kind = kind, .position = position, .version = 0};
}

// What is read of an inbox before payloads are opened.
struct InboxItem {
  MessageRecord message;
  std::optional<Bytes> sealed;
};

Operation<boost::json::value> open_payload(Vault& vault, const InboxItem& item) {
  if (!item.sealed) return boost::json::value(nullptr);
  const MessageRow& row = item.message.row;
  const auto plain = vault.open_sealed(*item.sealed, {.tenancy = row.tenancy,
                                                      .kind = EntityKind::Message,
                                                      .id = row.message.position,
                                                      .version = 1,
                                                      .field = "payload"});
  if (!plain) {
    if (plain.error() == VaultError::Destroyed) return boost::json::value(nullptr);
    return refuse(plain.error() == VaultError::KeyUnavailable ? PublicCode::KeyUnavailable
                                                              : PublicCode::StoreUnavailable);
  }
  const auto stored = decode_stored_payload(*plain);
  if (!stored) return refuse(PublicCode::StoreUnavailable);
  boost::json::object out{{"content_type", row.content_type}};
  if (stored->is_json) {
    auto json = parse_json(as_text(stored->bytes), kPayloadLimits);
    if (json) {
      out["json"] = *std::move(json);
      return boost::json::value(std::move(out));
    }
  }
  out["base64"] = to_base64(stored->bytes);
  return boost::json::value(std::move(out));
}

// A receiver that is turned off gets nothing, by hand neither.
Operation<void> judge_redelivery(const DirectorySnapshot& picture, const DeliveryRow& row) {
  const Integration* integration = picture.find(row.integration);
  if (integration == nullptr) return refuse(PublicCode::NotFound);
  switch (integration->state) {
    case IntegrationState::Active:
      break;
    case IntegrationState::Draft:
      return refuse(PublicCode::IntegrationNotActive);
    case IntegrationState::Suspended:
      return refuse(PublicCode::Suspended);
    case IntegrationState::Revoked:
    case IntegrationState::Decommissioned:
      return refuse(PublicCode::IntegrationRevoked);
  }
  if (row.kind == TargetKind::Channel)
    return refuse(PublicCode::Conflict, "what lies in an inbox is read there");
  const Endpoint* endpoint = picture.find(EndpointId{row.target});
  if (endpoint == nullptr || endpoint->state != EndpointState::Active)
    return refuse(PublicCode::EndpointDisabled);
  return {};
}

Operation<MessageRecord::Delivery> load_delivery(Reader& reader, const Tenancy& tenancy, DeliveryId id) {
  SEALPOST_TRY(DeliveryRow row, told(reader.find_delivery(tenancy, id)));
  SEALPOST_TRY(auto attempts, told(reader.attempts_of(tenancy, id)));
  return MessageRecord::Delivery{row, std::move(attempts)};
}

}  // namespace

Operation<Resource> MessageHistory::message(const AuthorizedCall& call, MessageId id) {
  const auto picture = operations_.picture();
  const auto tenancies = tenancies_of(*picture->directory, call);
  SEALPOST_TRY(const MessageRecord record,
               look<MessageRecord>(operations_, [&](Reader& reader) -> StoreResult<MessageRecord> {
                 SEALPOST_TRY(MessageRow row, find_in_any<MessageRow>(tenancies, [&](const Tenancy& tenancy) {
                                return reader.find_message(tenancy, id);
                              }));
                 return load_message(reader, std::move(row));
               }));
  SEALPOST_TRY_VOID(judge_row(*picture->directory, call, record.row.tenancy, record.row.integration));
  const ViewContext context = view_context(operations_, *picture->directory);
  return unversioned(message_view(context, record, evidence_of(operations_.parts().audit, record.row),
                                  operations_.parts().erasure),
                     EntityKind::Message, id.position);
}

Operation<PageView> MessageHistory::inbox(const AuthorizedCall& call, ChannelId channel,
                                          const PageQuery& page) {
  if (call.caller_kind() != CallerKind::Machine) return refuse(PublicCode::OperatorNotAllowed);
  const auto picture = operations_.picture();
  SEALPOST_TRY(const Channel* found,
               find_visible(*picture->directory, picture->directory->channels, call, channel.position));
  const std::uint32_t limit = std::min<std::uint32_t>(std::max<std::uint32_t>(page.limit, 1), 200);
  bool more = false;
  SEALPOST_TRY(
      const auto items,
      look<std::vector<InboxItem>>(operations_, [&](Reader& reader) -> StoreResult<std::vector<InboxItem>> {
        SEALPOST_TRY(auto rows,
                     reader.inbox(found->head.tenancy, channel, {.after = page.after, .limit = limit + 1}));
        std::vector<InboxItem> out;
        std::size_t bytes = 0;
        for (MessageRow& row : rows) {
          if (out.size() == limit || (bytes > 0 && bytes + row.payload_size > kMaxPageBytes)) {
            more = true;
            break;
          }
          bytes += row.payload_size;
          SEALPOST_TRY(auto sealed, reader.payload_of(row.tenancy, row.message));
          SEALPOST_TRY(MessageRecord message, load_message(reader, std::move(row)));
          out.push_back({std::move(message), std::move(sealed)});
        }
        return out;
      }));
  const ViewContext context = view_context(operations_, *picture->directory);
  PageView view;
  for (const InboxItem& item : items) {
    SEALPOST_TRY(auto payload, open_payload(operations_.parts().vault, item));
    const MessageRow& row = item.message.row;
    DeliveryId delivery;
    for (const auto& one : item.message.deliveries)
      if (one.row.kind == TargetKind::Channel && one.row.target == channel.position)
        delivery = one.row.delivery;
    view.items.push_back(
        boost::json::object{{"delivery_id", context.ids.encode(delivery)},
                            {"message_id", context.ids.encode(row.message)},
                            {"type", row.event_type},
                            {"received_at", to_rfc3339(row.accepted_at)},
                            {"summary", summary_view(row.summary)},
                            {"payload", std::move(payload)},
                            {"erase_at", time_view(erase_at(item.message, operations_.parts().erasure))}});
  }
  if (more && !items.empty()) view.next = items.back().message.row.message.position;
  return view;
}

Operation<Resource> MessageHistory::delivery(const AuthorizedCall& call, DeliveryId id) {
  const auto picture = operations_.picture();
  const auto tenancies = tenancies_of(*picture->directory, call);
  WallTime accepted_at{};
  SEALPOST_TRY(
      const auto found,
      look<MessageRecord::Delivery>(operations_, [&](Reader& reader) -> StoreResult<MessageRecord::Delivery> {
        SEALPOST_TRY(DeliveryRow row, find_in_any<DeliveryRow>(tenancies, [&](const Tenancy& tenancy) {
                       return reader.find_delivery(tenancy, id);
                     }));
        SEALPOST_TRY(auto attempts, reader.attempts_of(row.tenancy, id));
        SEALPOST_TRY(const MessageRow message, reader.find_message(row.tenancy, row.message));
        accepted_at = message.accepted_at;
        return MessageRecord::Delivery{row, std::move(attempts)};
      }));
  SEALPOST_TRY_VOID(
      judge_row(*picture->directory, call, found.row.tenancy, found.row.integration, found.row.target));
  return unversioned(delivery_view(view_context(operations_, *picture->directory), found, accepted_at),
                     EntityKind::Delivery, id.position);
}

Operation<Resource> MessageHistory::refusal(const AuthorizedCall& call, RefusalId id) {
  if (!call.scopes().has(Scope::DeliveriesRead))
    return refuse(PublicCode::InsufficientScope, "deliveries:read");
  const auto picture = operations_.picture();
  const auto tenancies = tenancies_of(*picture->directory, call);
  SEALPOST_TRY(const RefusalRow row, look<RefusalRow>(operations_, [&](Reader& reader) {
                 return find_in_any<RefusalRow>(
                     tenancies, [&](const Tenancy& tenancy) { return reader.find_refusal(tenancy, id); });
               }));
  SEALPOST_TRY_VOID(judge_row(*picture->directory, call, row.tenancy, row.integration));
  return unversioned(refusal_view(view_context(operations_, *picture->directory), row), EntityKind::Refusal,
                     id.position);
}

std::optional<Placement> MessageHistory::placement(EntityKind kind, Position position) const {
  const auto tenancies = all_tenancies(*operations_.picture()->directory);
  std::optional<Placement> found;
  const auto place = [&](const auto& row) {
    if (row) found = Placement{row->tenancy, row->integration};
  };
  static_cast<void>(operations_.parts().store.read([&](Reader& reader) -> StoreResult<void> {
    for (const Tenancy& tenancy : tenancies) {
      if (kind == EntityKind::Message) place(reader.find_message(tenancy, {position}));
      if (kind == EntityKind::Delivery) place(reader.find_delivery(tenancy, {position}));
      if (found) break;
    }
    return {};
  }));
  return found;
}

Operation<Made> MessageHistory::redeliver(const AuthorizedCall& call, DeliveryId id, const Once& once) {
  SEALPOST_TRY_VOID(delivery(call, id));  // sees what the caller may see
  return operations_.change<Made>([&](ControlTransaction& transaction,
                                      const DirectorySnapshot& picture) -> Operation<Made> {
    Transaction& store = transaction.store();
    SEALPOST_TRY(const DeliveryRow row,
                 told(find_in_any<DeliveryRow>(tenancies_of(picture, call), [&](const Tenancy& tenancy) {
                   return store.find_delivery(tenancy, id);
                 })));
    SEALPOST_TRY(const MessageRow message, told(store.find_message(row.tenancy, row.message)));
    const ViewContext context = view_context(operations_, picture);
    const auto answer = [&](bool repeated) -> Operation<Made> {
      SEALPOST_TRY(const auto now, load_delivery(store, row.tenancy, id));
      Made made;
      made.resource =
          unversioned(delivery_view(context, now, message.accepted_at), EntityKind::Delivery, id.position);
      made.repeated = repeated;
      return made;
    };
    SEALPOST_TRY(const auto repeat,
                 claim_once(operations_, transaction, call, row.tenancy, once, id.position));
    if (repeat) return answer(true);
    SEALPOST_TRY_VOID(judge_redelivery(picture, row));
    const auto queued = store.requeue_delivery(row.tenancy, id, context.now);
    if (!queued && queued.error() == StoreError::Conflict) return refuse(PublicCode::DeliveryInProgress);
    SEALPOST_TRY_VOID(told(queued));
    AuditEvent event = change_event(context, call,
                                    {.event_class = "delivery.redelivered",
                                     .tenancy = row.tenancy,
                                     .integration = row.integration,
                                     .workspace = {},
                                     .kind = EntityKind::Delivery,
                                     .position = id.position});
    event.what().add("message", context.ids.encode(row.message));
    event.what().add("endpoint", context.ids.encode(EndpointId{row.target}));
    event.what().add("event_type", message.event_type);
    event.what().add("event_id", message.event_id);
    event.what().add("result", "queued");
    event.what().add("attempts_before", std::int64_t{row.attempts});
    event.payload().add("digest", to_hex(message.payload_digest));
    SEALPOST_TRY_VOID(told(transaction.record(event)));
    return answer(false);
  });
}

}  // namespace sealpost
