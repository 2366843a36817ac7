# SPDX-License-Identifier: GPL-2.0-or-later
# Lines of JSON against the schema, as far as that goes: its type, all required members, no unknown one, each of its kind.
# jq -n --slurpfile schema SCHEMA -f ndjson.jq LINES: one line for each fault.
def is($property):
  if $property.const then . == $property.const
  elif $property.type == "array" then type == "array" and all(.[]; is($property.items))
  elif $property.type == "integer" then type == "number" and . == floor
  else type == $property.type end;
inputs as $line
| ($schema[0].oneOf[] | select(.title == $line.type)) // "no such type: \($line.type)"
| if type == "string" then . else
    . as $shape
    | ($shape.required - ($line | keys) | .[] | "\($line.type) without \(.)"),
      ($line | to_entries[] | . as $member
        | if ($shape.properties | has($member.key) | not) then "\($line.type) with \(.key)"
          elif ($member.value | is($shape.properties[$member.key]) | not) then "\($line.type): \(.key) is \(.value)"
          else empty end)
  end
