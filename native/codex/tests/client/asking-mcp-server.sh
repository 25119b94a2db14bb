#!/bin/sh
# An MCP server with one tool, which asks its user for a name and returns the answer.
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
  *'"method":"initialize"'*)
    result='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"asker","version":"1"}}'
    ;;
  *'"method":"tools/list"'*)
    tool='{"name":"greet","inputSchema":{"type":"object","properties":{}},"annotations":{"destructiveHint":true}}'
    result='{"tools":['$tool']}'
    ;;
  *'"method":"tools/call"'*)
    call=$id
    schema='{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}'
    question='{"message":"What is your name?","requestedSchema":'$schema'}'
    echo '{"jsonrpc":"2.0","id":901,"method":"elicitation/create","params":'"$question"'}'
    continue
    ;;
  *'"id":901'*)
    id=$call
    result='{"content":[{"type":"text","text":"'$(printf '%s' "$line" | tr -d '"\\')'"}]}'
    ;;
  *) continue ;;
  esac
  echo '{"jsonrpc":"2.0","id":'"$id"',"result":'"$result"'}'
done
