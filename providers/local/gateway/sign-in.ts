// What sends a client without access to where it can sign in: two constant programs, of which the routes set data only.

/** Where the two leave notes for each other. */
const notes = 'weir.sign-in'

/**
 * Before a request is shown to the authority: notes what was asked for. When the authority said 401, the answer becomes the way
 * to the page of `url`, in which variables stand for parts of what was asked for.
 */
export const beforeAuth = `
local function escaped(text)
  return (text:gsub("[^%w%-._~]", function(byte) return string.format("%%%02X", byte:byte()) end))
end

function envoy_on_request(handle)
  local asked = handle:headers()
  local note = handle:streamInfo():dynamicMetadata()
  note:set("${notes}", "scheme", asked:get(":scheme") or "http")
  note:set("${notes}", "host", asked:get(":authority") or "")
  note:set("${notes}", "path", asked:get(":path") or "/")
end

function envoy_on_response(handle)
  local answer = handle:headers()
  if answer:get(":status") ~= "401" then return end
  local note = handle:streamInfo():dynamicMetadata():get("${notes}")
  if note == nil or note["in"] then return end
  local context = handle:filterContext()
  local asked = note["scheme"] .. "://" .. note["host"] .. note["path"]
  local values = {
    ["$host"] = note["host"], ["$http_host"] = note["host"],
    ["$scheme"] = note["scheme"], ["$pass_access_scheme"] = note["scheme"],
    ["$request_uri"] = note["path"], ["$escaped_request_uri"] = escaped(note["path"]),
  }
  local url = context:get("url"):gsub("%$[%w_]+", values)
  local parameter = context:get("parameter")
  if not url:find("[?&]" .. parameter:gsub("%W", "%%%0") .. "=") then
    url = url .. (url:find("?", 1, true) and "&" or "?") .. parameter .. "=" .. escaped(asked)
  end
  answer:replace(":status", "302")
  answer:replace("location", url)
  answer:remove("www-authenticate")
end
`

/** Behind the authority: whatever comes so far was let in, and a 401 from now on is the backend's own. */
export const afterAuth = `
function envoy_on_request(handle)
  handle:streamInfo():dynamicMetadata():set("${notes}", "in", true)
end
`
