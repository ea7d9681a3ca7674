#include "flow/directory/egress_openings.h"

#include <fmt/format.h>

namespace sealpost {
namespace {

namespace json = boost::json;

std::string setting_of(OrganizationId organization) {
  return fmt::format("egress_openings.{}", organization.position);
}

json::object openings_of(const Operations& operations, OrganizationId organization) {
  const EgressOpenings& openings = operations.parts().openings;
  json::object told;
  if (!openings) return told;
  for (const Environment environment : {Environment::Test, Environment::Live}) {
    json::array list;
    for (const std::string& opened : openings({organization, environment})) list.emplace_back(opened);
    told.emplace("egress." + std::string(name_of(environment)), std::move(list));
  }
  return told;
}

// Nothing was told: nothing was open.
StoreResult<json::object> told_last(Reader& reader, OrganizationId organization) {
  SEALPOST_TRY(const auto text, reader.setting(setting_of(organization)));
  if (text) {
    json::error_code error;
    json::value value = json::parse(*text, error);
    if (!error && value.is_object()) return std::move(value.get_object());
  }
  return json::object{{"egress.test", json::array()}, {"egress.live", json::array()}};
}

StoreResult<void> remember(Transaction& store, OrganizationId organization, const json::object& openings) {
  return store.set_setting(setting_of(organization), json::serialize(openings));
}

}  // namespace

StoreResult<void> bind_first_openings(const Operations& operations, ControlTransaction& transaction,
                                      AuditEvent& event, OrganizationId organization) {
  const json::object openings = openings_of(operations, organization);
  bind_difference(event, nullptr, openings);
  return remember(transaction.store(), organization, openings);
}

Operation<std::size_t> record_openings(Operations& operations, const SystemCall& call) {
  std::size_t recorded = 0;
  const auto picture = operations.picture();
  for (const auto& [position, organization] : picture->directory->organizations) {
    const OrganizationId id{position};
    const json::object now = openings_of(operations, id);
    SEALPOST_TRY(const bool changed,
                 operations.change<bool>([&](ControlTransaction& transaction,
                                             const DirectorySnapshot& current) -> Operation<bool> {
                   SEALPOST_TRY(const json::object before, told(told_last(transaction.store(), id)));
                   if (before == now) return false;
                   const ViewContext context = view_context(operations, current);
                   AuditEvent event = change_event(context, call, target_of("egress.changed", *organization));
                   bind_difference(event, &before, now);
                   SEALPOST_TRY_VOID(told(transaction.record(event)));
                   SEALPOST_TRY_VOID(told(remember(transaction.store(), id, now)));
                   return true;
                 }));
    recorded += changed ? 1 : 0;
  }
  return recorded;
}

}  // namespace sealpost
