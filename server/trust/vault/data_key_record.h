// How keys of an organization lie in the store: rows of EntityKind::DataKey with the wrapped key in the
// sealed column. The organization key is wrapped by the root, data keys by the organization key. Values.
#pragma once

#include <boost/describe.hpp>

#include "domain/model/record_json.h"
#include "domain/model/retention.h"

namespace sealpost {

enum class DataKeyRole : std::uint8_t { Organization, Data };
BOOST_DESCRIBE_ENUM(DataKeyRole, Organization, Data)
BOOST_DESCRIBE_ENUM(RetentionClass, Payload, Inbox, Digest, Summary, AuditWho, AuditWhat, AuditWhere,
                    AuditPayload, AuditFree)

struct DataKeyRecord {
  static constexpr EntityKind kKind = EntityKind::DataKey;
  RecordHead head;
  DataKeyRole role = DataKeyRole::Data;
  RetentionClass retention = RetentionClass::Payload;  // of a data key
  std::uint32_t day = 0;                               // days since 1970-01-01 UTC, of a data key
  std::string wrapped_by;  // the root key's id, or the position of the organization key
  [[nodiscard]] DataKeyId id() const { return {head.position}; }
};
BOOST_DESCRIBE_STRUCT(DataKeyRecord, (), (role, retention, day, wrapped_by))

}  // namespace sealpost
