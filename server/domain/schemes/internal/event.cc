#include "domain/schemes/internal/event.h"

#include <algorithm>
#include <array>

#include "domain/schemes/body_member.h"
#include "domain/schemes/internal/text.h"

namespace sealpost {
namespace {

// What a GitHub event's body holds and does not hold. The header that names the event is not signed, so the
// body must look like it; `without` keeps apart events that share members.
struct Shape {
  std::string_view event;
  std::array<std::string_view, 2> with{};
  std::array<std::string_view, 3> without{};
};
constexpr Shape kGitHubShapes[] = {
    {"branch_protection_rule", {"rule"}},
    {"check_run", {"check_run"}, {"deployment_status"}},
    {"check_suite", {"check_suite"}, {"check_run"}},
    {"code_scanning_alert", {"alert", "commit_oid"}},
    {"commit_comment", {"comment"}, {"issue", "pull_request", "discussion"}},
    {"create", {"ref_type", "master_branch"}},
    {"delete", {"ref_type"}, {"master_branch"}},
    {"dependabot_alert", {"alert"}, {"commit_oid"}},
    {"deploy_key", {"key"}},
    {"deployment", {"deployment"}, {"deployment_status", "review", "workflow_job"}},
    {"deployment_review", {"workflow_run", "since"}},
    {"deployment_status", {"deployment_status", "deployment"}},
    {"discussion", {"discussion"}, {"comment"}},
    {"discussion_comment", {"discussion", "comment"}},
    {"fork", {"forkee"}},
    {"gollum", {"pages"}},
    {"installation", {"installation"}, {"repository", "repositories_added", "organization"}},
    {"installation_repositories", {"installation", "repositories_added"}},
    {"issue_comment", {"issue", "comment"}},
    {"issues", {"issue"}, {"comment"}},
    {"label", {"label"}, {"issue", "pull_request", "discussion"}},
    {"member", {"member"}, {"team"}},
    {"marketplace_purchase", {"marketplace_purchase"}},
    {"membership", {"member", "team"}},
    {"merge_group", {"merge_group"}},
    {"meta", {"hook", "hook_id"}, {"zen"}},
    {"milestone", {"milestone"}, {"issue", "pull_request"}},
    {"org_block", {"blocked_user"}},
    {"package", {"package"}},
    {"page_build", {"build", "id"}},
    {"ping", {"zen", "hook_id"}},
    {"projects_v2_item", {"projects_v2_item"}},
    {"pull_request", {"pull_request", "number"}, {"review", "comment", "thread"}},
    {"pull_request_review", {"pull_request", "review"}},
    {"pull_request_review_comment", {"pull_request", "comment"}, {"thread"}},
    {"pull_request_review_thread", {"pull_request", "thread"}},
    {"push", {"ref", "commits"}, {"ref_type"}},
    {"release", {"release"}},
    {"repository_dispatch", {"client_payload"}},
    {"repository_vulnerability_alert", {"alert"}, {"commit_oid"}},
    {"secret_scanning_alert", {"alert"}, {"commit_oid"}},
    {"security_advisory", {"security_advisory"}},
    {"sponsorship", {"sponsorship"}},
    {"star", {"starred_at"}},
    {"status", {"sha", "state"}},
    {"team", {"team", "action"}, {"member"}},
    {"team_add", {"team", "repository"}, {"action"}},
    {"workflow_dispatch", {"workflow", "ref"}, {"workflow_run"}},
    {"workflow_job", {"workflow_job"}},
    {"workflow_run", {"workflow_run", "workflow"}, {"deployment", "since"}},
};

bool github_body_fits(std::string_view event, ByteView body) {
  const auto* shape = std::ranges::find(kGitHubShapes, event, &Shape::event);
  if (shape == std::ranges::end(kGitHubShapes)) return find_members(body, {}, {});
  const std::array<std::string_view, 5> names{shape->with[0], shape->with[1], shape->without[0],
                                              shape->without[1], shape->without[2]};
  std::array<std::string_view, 5> values{};
  if (!find_members(body, names, values)) return false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].empty() && values[i].empty() == (i < shape->with.size())) return false;
  }
  return true;
}

// X-Gitlab-Event and the object_kind that its body carries.
struct GitLabKind {
  std::string_view event;
  std::string_view kind;
};
constexpr GitLabKind kGitLabKinds[] = {
    {"Push Hook", "push"},
    {"Tag Push Hook", "tag_push"},
    {"Issue Hook", "issue"},
    {"Confidential Issue Hook", "issue"},
    {"Work Item Hook", "work_item"},
    {"Note Hook", "note"},
    {"Confidential Note Hook", "note"},
    {"Merge Request Hook", "merge_request"},
    {"Wiki Page Hook", "wiki_page"},
    {"Pipeline Hook", "pipeline"},
    {"Job Hook", "build"},
    {"Deployment Hook", "deployment"},
    {"Release Hook", "release"},
    {"Emoji Hook", "emoji"},
    {"Feature Flag Hook", "feature_flag"},
};

bool gitlab_body_fits(std::string_view event, ByteView body) {
  const auto* row = std::ranges::find(kGitLabKinds, event, &GitLabKind::event);
  if (row == std::ranges::end(kGitLabKinds)) return find_members(body, {}, {});
  return string_member(body, "object_kind") == row->kind;
}

// An unsigned type may add to a body that names none; it may not contradict one that does.
bool generic_body_fits(std::string_view event, ByteView body) {
  const auto told = string_member(body, "type");
  return !told || *told == event;
}

bool body_fits(Scheme scheme, std::string_view event, ByteView body) {
  switch (scheme) {
    case Scheme::GitHub:
      return github_body_fits(event, body);
    case Scheme::GitLabToken:
    case Scheme::GitLabSigned:
      return gitlab_body_fits(event, body);
    default:
      return generic_body_fits(event, body);
  }
}

std::string decoded(std::string_view token) {
  auto text = decode_string(token);
  return text ? std::move(*text) : std::string();
}

void set_signed_type(std::string type, SignatureFacts& facts) {
  if (!is_event_type(type)) return;
  facts.event_type = std::move(type);
  facts.event_type_authenticated = true;
}

void read_signed_members(Scheme scheme, ByteView body, SignatureFacts& facts) {
  const std::string_view id_name = scheme == Scheme::Stripe  ? "id"
                                   : scheme == Scheme::Slack ? "event_id"
                                                             : std::string_view();
  const std::array<std::string_view, 3> names{"type", "event", id_name};
  std::array<std::string_view, 3> values{};
  // Only the first names are looked for: most schemes ask the body for its type alone.
  const std::size_t wanted = id_name.empty() ? 1 : 3;
  if (!find_members(body, std::span(names).first(wanted), std::span(values).first(wanted))) return;
  std::string type = decoded(values[0]);
  if (scheme == Scheme::Slack && type == "event_callback" && !values[1].empty())
    type = string_member(as_bytes(values[1]), "type").value_or("");
  set_signed_type(std::move(type), facts);
  if (id_name.empty()) return;
  if (std::string id = decoded(values[2]); is_message_id(id, std::nullopt)) facts.signed_id = std::move(id);
}

}  // namespace

void read_event(const SchemeSettings& settings, const RequestReading& reading, ByteView body,
                SignatureFacts& facts) {
  const Scheme scheme = settings.scheme();
  const bool type_in_header = scheme == Scheme::GitHub || scheme == Scheme::GitLabToken ||
                              scheme == Scheme::GitLabSigned || !reading.event_type.empty();
  if (!type_in_header) return read_signed_members(scheme, body, facts);
  if (reading.event_type.empty()) return;
  facts.event_type = reading.event_type;
  facts.event_type_fits_body = body_fits(scheme, reading.event_type, body);
}

}  // namespace sealpost
