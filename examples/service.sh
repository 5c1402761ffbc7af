#!/bin/sh
# The service from the shell: decide, find again, explain, try otherwise, a batch, replay, prove.
# EVENHAND_URL is where it listens, EVENHAND_KEY what the first start showed.
set -eu
url=${EVENHAND_URL:-http://127.0.0.1:8321}
ask() {
    path=$1
    shift
    curl --silent --show-error --fail-with-body --header "Authorization: Bearer $EVENHAND_KEY" "$url$path" "$@"
    echo
}

echo '# Decide one case. The same key again has the same answer, and one record.'
case='{"rule_set": "offer", "case": "case-1",
       "inputs": {"overall": "87.3", "assessed": true, "band_min": 8000, "band_max": 10000}}'
made=$(ask /v1/decisions --header 'Idempotency-Key: case-1' --json "$case")
echo "$made"
id=$(echo "$made" | sed 's/.*"id":"\([0-9a-f]*\)".*/\1/')

echo '# What was decided about this case?'
ask "/v1/decisions?case=case-1"

echo '# Why, in Chinese?'
ask "/v1/decisions/$id/explanation?lang=zh"

echo '# What would have changed it? What if the score were lower? Nothing of this is kept.'
ask "/v1/decisions/$id/counterfactuals"
ask "/v1/decisions/$id/what-if" --json '{"changes": {"overall": "79.9"}}'

echo '# Many at once: a case a line.'
line=$(echo "$case" | tr -d '\n')
printf '%s\n%s\n' "$line" 'no case' |
    ask /v1/decisions/batch --header 'Content-Type: application/x-ndjson' --data-binary @-

echo '# An interview whole: profile, decision and plan.'
interview=$(cat "$(dirname "$0")/interviews/marketing-analyst-strong.json")
ask /v1/evaluations --json "{\"interview\": $interview, \"inputs\": {\"band_min\": 10000, \"band_max\": 14000}}"

echo '# Decided again, is it the same? Is it in the log?'
ask "/v1/decisions/$id/replay" --request POST
ask "/v1/decisions/$id/proof"
ask /v1/log/checkpoint
