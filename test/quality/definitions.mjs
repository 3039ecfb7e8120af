// Validates definitions with asl-validator, and prints the findings:
//
//   node definitions.mjs FILE... > findings.json
import fs from 'node:fs';
import validate from 'asl-validator';

const findings = [];
for (const path of process.argv.slice(2)) {
  for (const error of validate(JSON.parse(fs.readFileSync(path, 'utf8'))).errors) {
    findings.push({ path, rule: error['Error code'], at: error.schemaError?.instancePath ?? '', message: error.Message });
  }
}
process.stdout.write(JSON.stringify(findings));
