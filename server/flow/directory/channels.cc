#include "flow/directory/channels.h"

#include "flow/directory/internal/writing.h"

namespace sealpost {
namespace {

Failure<OperationRefusal> bad_name() {
  return refuse(PublicCode::ValidationFailed, "a name has 1 to 200 characters", {"/name"});
}

}  // namespace

Operation<Made> create_channel(Operations& operations, const AuthorizedCall& call,
                               const NewChannel& request) {
  if (!is_name(request.name)) return bad_name();
  if (request.environment == Environment::Shared)
    return refuse(PublicCode::ValidationFailed, "a channel is in test or live", {"/environment"});
  return operations.change<Made>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<Made> {
        SEALPOST_TRY(const Workspace* workspace,
                     find_visible(picture, picture.workspaces, call, request.workspace.position));
        Channel made;
        made.head = new_head(operations, {workspace->head.tenancy.organization, request.environment});
        made.workspace = workspace->id();
        made.name = request.name;
        made.kind = request.kind;
        // A machine makes channels where its integration is at home; a narrowed scope names none that is new.
        SEALPOST_TRY_VOID(judge_visibility(picture, call, place_of(made)));
        return insert_once(operations, transaction, picture, call, request.once, picture.channels, made,
                           workspace->head.position, "channel.created");
      });
}

Operation<Resource> read_channel(Operations& operations, const AuthorizedCall& call, ChannelId id) {
  return read_record(operations, call, &DirectorySnapshot::channels, id.position);
}

Operation<PageView> list_channels(Operations& operations, const AuthorizedCall& call,
                                  const ChannelFilter& filter, const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::channels, page, [&](const Channel& channel) {
    return channel.state == ChannelState::Active &&
           (!filter.workspace.set() || channel.workspace == filter.workspace) &&
           (!filter.environment || channel.head.tenancy.environment == *filter.environment);
  });
}

Operation<PageView> list_channels(Operations& operations, const AuthorizedCall& call, const PageQuery& page) {
  return list_channels(operations, call, ChannelFilter{}, page);
}

Operation<Resource> update_channel(Operations& operations, const AuthorizedCall& call, ChannelId id,
                                   const NameChange& change, std::uint64_t if_version) {
  if (change.name && !is_name(*change.name)) return bad_name();
  return update_record(
      operations, call, &DirectorySnapshot::channels, id.position, if_version, "channel.updated",
      [&](Channel& channel, const DirectorySnapshot&, ControlTransaction&) -> Operation<void> {
        if (channel.state == ChannelState::Deleted)
          return refuse(PublicCode::Conflict, "the channel is deleted");
        if (change.name) channel.name = *change.name;
        return {};
      });
}

Operation<RevocationReceipt> delete_channel(Operations& operations, const AuthorizedCall& call, ChannelId id,
                                            std::optional<std::uint64_t> if_version) {
  return end_visible(operations, call, &DirectorySnapshot::channels, id.position,
                     {.kind = AccessEndKind::DeleteChannel,
                      .tenancy = {},
                      .what = 0,
                      .reason = "deleted",
                      .compromised_since = {},
                      .if_version = if_version,
                      .once = {}});
}

}  // namespace sealpost
