/** HTML and SVG previews, whose scripts run unchanged. */
import { begin } from "./sandbox";

begin();
