#include "flow/directory/change_record.h"

#include "foundation/crypto/crypto.h"
#include "foundation/json/json.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxWhole = 1024;

// Times of change and versions are the record's own; ids and tenancy stand in `what` and `where` already.
bool is_frame(std::string_view member) {
  return member == "version" || member == "created_at" || member == "updated_at" || member == "id" ||
         member == "organization_id" || member == "environment";
}

void add_value(CanonicalFields& fields, const std::string& key, const boost::json::value& value) {
  const FieldName name = FieldName::of(key);
  if (value.is_bool()) {
    fields.add_flag(name, value.get_bool());
    return;
  }
  const std::string text =
      value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
  if (text.size() <= kMaxWhole) {
    fields.add(name, text);
  } else {
    fields.add(name, "sha256:" + to_hex(sha256(as_bytes(text))));
  }
}

}  // namespace

AuditEvent change_event(const ViewContext& context, const Actor& actor, const ChangeTarget& target) {
  AuditEvent event(target.event_class, target.tenancy, context.now);
  actor.bind(event, context.ids);
  event.where().add("location", "database");
  CanonicalFields& what = event.what();
  what.add("organization", context.ids.encode(target.tenancy.organization));
  what.add("environment", name_of(target.tenancy.environment));
  WorkspaceId workspace = target.workspace;
  if (const Integration* integration = context.picture.find(target.integration)) {
    workspace = integration->workspace;
    what.add("source_system", integration->source_system);
  }
  if (workspace.set()) what.add("workspace", context.ids.encode(workspace));
  if (target.integration.set()) event.who().add("integration", context.ids.encode(target.integration));
  what.add("target", context.ids.encode(target.kind, target.position));
  what.add("target_version", static_cast<std::int64_t>(target.version));
  return event;
}

void bind_difference(AuditEvent& event, const boost::json::object* before, const boost::json::object& after) {
  CanonicalFields& what = event.what();
  for (const auto& [name, value] : after) {
    if (is_frame(name)) continue;
    const boost::json::value* old = before == nullptr ? nullptr : before->if_contains(name);
    if (before != nullptr && old != nullptr && *old == value) continue;
    if (old != nullptr) add_value(what, "before." + std::string(name), *old);
    add_value(what, "after." + std::string(name), value);
  }
}

}  // namespace sealpost
