// A rehearsal shows that revoking works before anything depends on it: a throw-away credential is minted,
// signs in, gets a token that is accepted, is revoked through end_access(), and must then be refused, secret
// and token both. What it was passed with is remembered by a fingerprint; when credentials or keys change it
// has lapsed.
#pragma once

#include "flow/directory/operations.h"

namespace sealpost {

// The contract's RehearsalResult. A rehearsal that is not passed is an answer, not a refusal; an integration
// that has ended, or has no grant to mint under, is refused.
Operation<Made> rehearse_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                     const Once& once);

}  // namespace sealpost
