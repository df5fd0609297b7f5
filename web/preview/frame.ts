/** For HTML and SVG, whose scripts run as they stand. */
import { begin } from "./sandbox";

begin();
