-- For wrk: uploads files one after the other, and says as JSON how it went.
-- Behind the --: the Content-Type, then the files, each the body of a request.

local bodies, at = {}, 0

function init(arguments)
  wrk.headers["Content-Type"] = arguments[1]
  for number = 2, #arguments do
    local file = assert(io.open(arguments[number], "rb"))
    bodies[number - 1] = file:read("*all")
    file:close()
  end
end

function request()
  at = at % #bodies + 1
  return wrk.format("POST", nil, nil, bodies[at])
end

function done(summary, latency)
  local seconds = {}
  for percent = 1, 100 do
    seconds[percent] = string.format("%.5f", math.max(latency.min, latency:percentile(percent)) / 1e6)
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "lost": %d, "refused": %d, "seconds": [%s]}\n',
    summary.requests,
    errors.connect + errors.read + errors.write + errors.timeout,
    errors.status,
    table.concat(seconds, ", ")
  ))
end
