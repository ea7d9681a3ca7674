// Ids and types that stand inside the verified body, and whether an unsigned type agrees with it. Called
// only for bodies whose signature matched. Pure.
#pragma once

#include <string_view>

#include "domain/schemes/internal/request.h"
#include "domain/schemes/verify.h"

namespace sealpost {

// Fills event_type, its flags, and the signed id of schemes that keep it in the body.
void read_event(const SchemeSettings& settings, const RequestReading& reading, ByteView body,
                SignatureFacts& facts);

}  // namespace sealpost
