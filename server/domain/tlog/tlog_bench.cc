// What one audit record costs before it reaches the store: five commitments and their root, the leaf, its
// place in the tree.
#include <benchmark/benchmark.h>

#include "domain/tlog/commitment.h"
#include "domain/tlog/leaf.h"
#include "domain/tlog/merkle.h"

namespace sealpost {
namespace {

void commit_five_groups(benchmark::State& state) {
  std::vector<FieldGroup> groups;
  for (const std::string_view label : {"free", "payload", "what", "where", "who"})
    groups.push_back({label, {}, "{\"integration\":\"billing\",\"outcome\":\"accepted\"}"});
  for (auto _ : state) benchmark::DoNotOptimize(commit_groups(groups).ok());
}
BENCHMARK(commit_five_groups);

void finish_and_append_leaf(benchmark::State& state) {
  const LeafFields fields{"4kq7c0v2m9", "message.accepted", "standard", 1'800'000'000'000, {}, {"k1", "k2"}};
  const auto part = LeafTemplate::create(fields);
  Frontier frontier;
  Bytes leaf;
  for (auto _ : state) {
    finish_leaf(part->bytes(), frontier.size(), leaf);
    frontier.append(leaf_hash(leaf));
  }
  benchmark::DoNotOptimize(frontier.root());
}
BENCHMARK(finish_and_append_leaf);

}  // namespace
}  // namespace sealpost
