// The one place where a secret becomes text in an answer. It is called once for each secret that is made;
// nothing keeps what it returns but the answer. Free function, thread-safe.
#pragma once

#include <string>

#include "foundation/bytes/secret_bytes.h"

namespace sealpost {

[[nodiscard]] std::string shown_once(SecretBytes&& secret);

}  // namespace sealpost
