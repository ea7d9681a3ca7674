// Compares what the store holds with the model. Each function returns the first difference in words, or
// nothing. Reads on the calling thread; the writer is idle meanwhile.
#pragma once

#include <optional>
#include <string>

#include "model.h"

namespace sealpost::simulation {

using Difference = std::optional<std::string>;

// Counts, log sizes and epochs: cheap, after every step.
[[nodiscard]] Difference compare_counts(Store& store, const Model& model);
// Every row of every kind: leaves, messages, payloads, deliveries, attempts, claims, refusals, checkpoints.
[[nodiscard]] Difference compare_all(Store& store, const Model& model);

// What is left of what has a term, when every term is over and a purge has been.
[[nodiscard]] Difference find_remains(Store& store, const Model& model);

// What an unheard batch left behind is taken over from the store, where it is one of the things that it may
// be. `restarted`: whether the process has ended since.
void adopt_unsettled(Store& store, Model& model, bool restarted, WallTime resumed_at);
// What a purge took may go only if nothing held it.
void adopt_purge(Store& store, Model& model, const Store::PurgeTerms& terms);

}  // namespace sealpost::simulation
