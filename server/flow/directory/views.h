// Records as the contract shows them: one function per schema of contract/openapi.yaml. Secrets are masked or
// left out: no view can leak what it does not hold. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>

#include <boost/json.hpp>

#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "flow/directory/operation.h"
#include "storage/store/reader.h"
#include "trust/audit_trail/audit_trail.h"

namespace sealpost {

struct ViewContext {
  const PublicIdCodec& ids;
  const AuditTrail& audit;
  const DirectorySnapshot& picture;  // rehearsals are judged by its keys and credentials
  WallTime now{};
};

[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Organization& record);
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Workspace& record);
// Without last_success and last_failure, which are read from the store: health_view().
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Integration& record);
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Source& record);
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Endpoint& record);
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Channel& record);
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Subscription& record);
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Grant& record);
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const Credential& record);
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const SigningKey& record);

// Adds last_success and last_failure.
void add_health(boost::json::object& integration, const Reader::IntegrationHealth& health);

[[nodiscard]] boost::json::value time_view(const std::optional<WallTime>& time);
[[nodiscard]] boost::json::object audit_position_view(const ViewContext& context, OrganizationId organization,
                                                      std::uint64_t index);
// Query and user info become "***"; a URL that can't be read becomes "***" whole.
[[nodiscard]] std::string masked_url(std::string_view url);

template <class Record>
[[nodiscard]] Resource resource_of(const ViewContext& context, const Record& record) {
  return {view_of(context, record), Record::kKind, record.head.position, record.head.version};
}

}  // namespace sealpost
