#include "flow/directory/egress_openings.h"

#include <fmt/format.h>

namespace sealpost {
namespace {

namespace json = boost::json;

std::string setting_of(OrganizationId organization) {
  return fmt::format("egress_openings.{}", organization.position);
}

// A field of a record holds some 1,000 characters whole.
constexpr std::size_t kMostInAField = 900;

// `egress.test` and `egress.live`, and what does not fit there in `egress.live.2` and so on.
json::object openings_of(const Operations& operations, OrganizationId organization) {
  json::object told;
  for (const Environment environment : {Environment::Test, Environment::Live}) {
    const std::string name = "egress." + std::string(name_of(environment));
    json::array* list = &told[name].emplace_array();
    std::size_t size = 0;
    int part = 1;
    for (const std::string& opened : operations.parts().openings({organization, environment})) {
      size += opened.size() + 3;
      if (size > kMostInAField && !list->empty()) {
        list = &told[name + "." + std::to_string(++part)].emplace_array();
        size = opened.size() + 3;
      }
      list->emplace_back(opened);
    }
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
  if (!operations.parts().openings) return {};
  const json::object openings = openings_of(operations, organization);
  bind_difference(event, nullptr, openings);
  return remember(transaction.store(), organization, openings);
}

namespace {

Operation<void> record_change_of(Operations& operations, const SystemCall& call,
                                 const Organization& organization) {
  return operations.change<void>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<void> {
        const OrganizationId id = organization.id();
        // Asked inside, so that what is told last is what was true last.
        const json::object now = openings_of(operations, id);
        SEALPOST_TRY(json::object before, told(told_last(transaction.store(), id)));
        if (before == now) return {};
        json::object after = now;
        for (const auto& member : before) after.emplace(member.key(), json::array());
        for (const auto& member : after) before.emplace(member.key(), json::array());
        AuditEvent event =
            change_event(view_context(operations, picture), call, target_of("egress.changed", organization));
        bind_difference(event, &before, after);
        SEALPOST_TRY_VOID(told(transaction.record(event)));
        return told(remember(transaction.store(), id, now));
      });
}

}  // namespace

Operation<std::size_t> record_openings(Operations& operations, const SystemCall& call) {
  if (!operations.parts().openings) return std::size_t{0};
  const auto picture = operations.picture();
  std::vector<const Organization*> changed;
  const auto looked = operations.parts().store.read([&](Reader& reader) -> StoreResult<void> {
    for (const auto& [position, organization] : picture->directory->organizations) {
      SEALPOST_TRY(const json::object before, told_last(reader, organization->id()));
      if (before != openings_of(operations, organization->id())) changed.push_back(organization.get());
    }
    return {};
  });
  if (!looked) return fail(OperationRefusal{PublicCode::StoreUnavailable, {}, {}, {}});
  Operation<std::size_t> recorded = changed.size();
  for (const Organization* organization : changed)
    if (const auto done = record_change_of(operations, call, *organization); !done)
      recorded = fail(done.error());
  return recorded;
}

}  // namespace sealpost
