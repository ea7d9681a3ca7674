// A source made ready for the message path: settings validated, redaction compiled, networks parsed, ids
// written out. Made once per change of the source; immutable, thread-safe.
#pragma once

#include <memory>
#include <string>

#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "domain/policy/redaction.h"
#include "domain/schemes/scheme.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/result/result.h"

namespace sealpost {

// Which part of a source means nothing.
enum class SourceProblem : std::uint8_t {
  Scheme,
  Template,
  Window,
  BodyBound,
  Networks,
  Redaction,
  EventTypes
};

struct SourcePlan {
  std::shared_ptr<const Source> source;
  SchemeSettings settings;
  RedactionPlan redaction;
  NetworkSet networks;  // empty: any
  // For records and answers.
  std::string source_id;
  std::string integration_id;
  std::string organization_id;

  static Result<SourcePlan, SourceProblem> create(std::shared_ptr<const Source> source,
                                                  const PublicIdCodec& ids);

  [[nodiscard]] bool allows_type(std::string_view event_type) const;
  [[nodiscard]] bool allows_network(const IpAddress& client) const {
    return networks.empty() || networks.contains(client);
  }
};

}  // namespace sealpost
