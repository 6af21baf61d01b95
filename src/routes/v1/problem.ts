/** Problem details are rendered alike by all dialects that speak them. */
export { memberProblemsOf, problemOfBearer, renderProblem } from "../problem.ts";
