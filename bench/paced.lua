-- replay.lua at a pace: the arguments go on with how many requests a second all connections
-- together may begin, and the number of threads. wrk asks
-- how long each one waits, so this generator costs more than the plain one and is not used for what nginx is
-- compared with.
local here = debug.getinfo(1, "S").source:match("^@(.*)paced%.lua$")
dofile(here .. "replay.lua")

local plain_init = init

function init(arguments)
  plain_init(arguments)
  tick = tonumber(arguments[5]) / tonumber(arguments[4])  -- threads share the pace
end

-- Milliseconds to the next free moment of a clock that ticks once per request. A gateway that is late by more than a
-- tenth of a second is not made to catch up.
function delay()
  local at = now()
  if not due or due < at - 0.1 then due = at end
  due = due + tick
  return math.max(0, math.floor((due - at) * 1000))
end
