// sealpost_simulation [--seed N] [--seeds COUNT] [--steps S] [--twice] [--plant NAME]
// Exit 0: every invariant held. 1: one did not; the seed, the step and the last steps are printed. 2: usage.
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "run.h"

namespace sealpost::simulation {
namespace {

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::uint32_t steps = 100;
  bool twice = false;  // each seed, and compare the traces
  std::string_view plant;
};

template <class Number>
bool read_number(const char* text, Number& into) {
  if (text == nullptr) return false;
  const char* const end = text + std::strlen(text);
  const auto [last, error] = std::from_chars(text, end, into);
  return error == std::errc() && last == end && into > 0;
}

std::optional<Arguments> read_arguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = values[i];
    const char* const value = i + 1 < count ? values[i + 1] : nullptr;
    bool good = true;
    if (name == "--twice") {
      arguments.twice = true;
      continue;
    }
    if (name == "--seed") {
      good = read_number(value, arguments.seed);
    } else if (name == "--seeds") {
      good = read_number(value, arguments.seeds);
    } else if (name == "--steps") {
      good = read_number(value, arguments.steps);
    } else if (name == "--plant" && value != nullptr) {
      arguments.plant = value;
    } else {
      good = false;
    }
    if (!good) return std::nullopt;
    ++i;
  }
  return arguments;
}

void add(RunCounts& sum, const RunCounts& one) {
  sum.steps += one.steps;
  sum.cuts += one.cuts;
  sum.kills += one.kills;
  sum.restarts += one.restarts;
  sum.faults += one.faults;
  sum.unknown += one.unknown;
  sum.tally.accepted += one.tally.accepted;
  sum.tally.repeated += one.tally.repeated;
  sum.tally.replayed += one.tally.replayed;
  sum.tally.delivered += one.tally.delivered;
  sum.tally.leases_lost += one.tally.leases_lost;
  sum.tally.orphans += one.tally.orphans;
  sum.checkpoints += one.checkpoints;
}

volatile std::sig_atomic_t running_seed = 0;

// An invariant of the product's own ends the process: say which seed it was.
void tell_seed(int) {
  char text[64];
  const auto end = fmt::format_to_n(text, sizeof text, "in seed {}\n", static_cast<int>(running_seed)).out;
  static_cast<void>(!::write(STDERR_FILENO, text, static_cast<std::size_t>(end - text)));
  std::signal(SIGABRT, SIG_DFL);
}

struct Outcome {
  RunCounts counts;
  std::uint64_t trace = 0;
  std::optional<std::string> violation;
};

Outcome run(const RunOptions& options, bool show) {
  running_seed = static_cast<std::sig_atomic_t>(options.seed);
  Trace trace;
  Outcome outcome;
  try {
    Run one(options, trace);
    try {
      one.go();
    } catch (const Violation& violation) {
      outcome.violation = violation.what;
    }
    outcome.counts = one.counts();
  } catch (const Violation& violation) {
    outcome.violation = violation.what;
  }
  outcome.trace = trace.hash();
  if (outcome.violation && show) {
    for (const std::string& line : trace.last()) std::fputs(line.c_str(), stdout);
    std::printf("seed %llu, step %u: violated: %s\nagain: sealpost_simulation --seed %llu --steps %u\n",
                static_cast<unsigned long long>(options.seed), trace.step(), outcome.violation->c_str(),
                static_cast<unsigned long long>(options.seed), options.steps);
  }
  return outcome;
}

Plant plant_of(std::string_view name) {
  for (const auto& [known, plant] : kPlants)
    if (known == name) return plant;
  return Plant::None;
}

int run_all(const Arguments& arguments) {
  RunCounts sum;
  std::uint64_t traces = 0;
  RunOptions options{arguments.seed, arguments.steps, plant_of(arguments.plant)};
  for (std::uint64_t i = 0; i < arguments.seeds; ++i, ++options.seed) {
    const bool planted = options.plant != Plant::None;
    const Outcome outcome = run(options, !planted);
    if (outcome.violation && planted) {
      std::printf("%.*s found by seed %llu: %s\n", static_cast<int>(arguments.plant.size()),
                  arguments.plant.data(), static_cast<unsigned long long>(options.seed),
                  outcome.violation->c_str());
      return 0;
    }
    if (outcome.violation) return 1;
    if (arguments.twice && run(options, true).trace != outcome.trace) {
      std::printf("seed %llu: two runs, two traces\n", static_cast<unsigned long long>(options.seed));
      return 1;
    }
    add(sum, outcome.counts);
    traces = traces * 31 + outcome.trace;
  }
  const std::string line = fmt::format(
      "seeds {}..{}: {} steps, {} cuts, {} kills, {} restarts, {} faults, {} unknown outcomes; {} accepted, "
      "{} repeated, "
      "{} replayed, {} delivered, {} leases lost, {} orphans, {} checkpoints; trace {:016x}",
      arguments.seed, options.seed - 1, sum.steps, sum.cuts, sum.kills, sum.restarts, sum.faults, sum.unknown,
      sum.tally.accepted, sum.tally.repeated, sum.tally.replayed, sum.tally.delivered, sum.tally.leases_lost,
      sum.tally.orphans, sum.checkpoints, traces);
  std::puts(line.c_str());
  if (options.plant == Plant::None) return 0;
  std::puts("the planted mistake was not found");
  return 1;
}

}  // namespace
}  // namespace sealpost::simulation

int main(int count, char** values) {
  using namespace sealpost::simulation;
  const auto arguments = read_arguments(count, values);
  if (!arguments || (!arguments->plant.empty() && plant_of(arguments->plant) == Plant::None)) {
    std::fputs("sealpost_simulation [--seed N] [--seeds COUNT] [--steps S] [--twice] [--plant NAME]\n",
               stderr);
    return 2;
  }
  // What a power cut loses is remembered by the test's own disk, so a real one would only be slower.
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  std::signal(SIGABRT, tell_seed);
  return run_all(*arguments);
}
