-- Replays requests that were signed beforehand, each exactly once. Every thread has a file of its own:
-- requests.<thread>, in records of equal length. After the time is up, or when the file ends, a connection gets one
-- octet of a request that never goes on: what is in flight is still answered and counted, nothing new begins, and wrk's
-- count of answers is then the count of requests sent.
--
-- Arguments: folder, length of a record, seconds.
local ffi = require("ffi")
ffi.cdef [[
typedef struct { long seconds; long nanoseconds; } bench_time;
int clock_gettime(int clock, bench_time* out);
]]

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  record = tonumber(arguments[2])
  seconds = tonumber(arguments[3])
  file = assert(io.open(arguments[1] .. "/requests." .. number, "rb"))
  file:setvbuf("full", 1048576)
  time = ffi.new("bench_time")
  sent, begun, ended, exhausted = 0, 0, 0, 0
  held = nil
  looked_at = number > 0
end

function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

function request()
  if not looked_at then
    -- wrk asks the first thread for one request beforehand, to see how many it holds, and does not send it.
    looked_at = true
    held = file:read(record)
    return held
  end
  if ended > 0 then return "P" end
  local at = now()
  if begun == 0 then begun = at end
  if at - begun >= seconds then
    ended = at
    return "P"
  end
  local one = held or file:read(record)
  held = nil
  if not one or #one < record then
    ended, exhausted = at, 1
    return "P"
  end
  sent = sent + 1
  return one
end

function done(summary, latency)
  local all, active, short = 0, 0, 0
  for _, thread in ipairs(threads) do
    all = all + thread:get("sent")
    active = math.max(active, thread:get("ended") - thread:get("begun"))
    short = short + thread:get("exhausted")
  end
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"answers": %d, "sent": %d, "seconds": %.6f, "exhausted": %d, "status_errors": %d, ' ..
      '"socket_errors": %d, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f}\n',
    summary.requests, all, active, short, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
