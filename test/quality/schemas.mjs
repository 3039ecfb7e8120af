// Validates templates as the CDK does when it synthesizes, and prints the findings:
//
//   node schemas.mjs FILE... > findings.json
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';

const engine = new RegoEngine();
const findings = [];
for (const path of process.argv.slice(2)) {
  const { diagnostics } = engine.validateStandard(new TemplateFile(path), { severityLevel: 'WARN' });
  for (const { ruleId, message, entity, propertyPath } of diagnostics) {
    findings.push({ path, rule: ruleId, at: [entity?.logicalId, propertyPath].filter(Boolean).join('.'), message });
  }
}
process.stdout.write(JSON.stringify(findings));
