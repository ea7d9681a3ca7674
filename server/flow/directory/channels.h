// Where people read. A channel belongs to a workspace and one environment; integrations of that workspace
// reach it.
#pragma once

#include "flow/directory/organizations.h"
#include "flow/directory/revocation.h"

namespace sealpost {

struct NewChannel {
  WorkspaceId workspace;
  Environment environment = Environment::Test;
  std::string name;
  ChannelKind kind = ChannelKind::Inbox;
  Once once;
};
Operation<Made> create_channel(Operations& operations, const AuthorizedCall& call, const NewChannel& request);
Operation<Resource> read_channel(Operations& operations, const AuthorizedCall& call, ChannelId id);
struct ChannelFilter {
  WorkspaceId workspace;  // unset: any
  std::optional<Environment> environment;
};
Operation<PageView> list_channels(Operations& operations, const AuthorizedCall& call,
                                  const ChannelFilter& filter, const PageQuery& page);
Operation<PageView> list_channels(Operations& operations, const AuthorizedCall& call, const PageQuery& page);
Operation<Resource> update_channel(Operations& operations, const AuthorizedCall& call, ChannelId id,
                                   const NameChange& change, std::uint64_t if_version);
Operation<RevocationReceipt> delete_channel(Operations& operations, const AuthorizedCall& call, ChannelId id,
                                            std::optional<std::uint64_t> if_version = {});

}  // namespace sealpost
