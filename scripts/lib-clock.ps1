# The clock: put right before anything is installed. Setups check signatures and TLS checks certificates by it.
# Dot-sourced behind common.ps1 and lib-tools.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Seconds that were added to the clock. The disc was made right before Windows Setup began: a clock that is behind it, or
# more than a day ahead of it, is wrong. Its time is late by as long as Setup took, which is near enough for certificates.
function Repair-IngotClock {
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$DiscTime)
    $styles = [System.Globalization.DateTimeStyles]'AdjustToUniversal, AssumeUniversal'
    $made = [DateTime]::MinValue
    if (-not [DateTime]::TryParse($DiscTime, [System.Globalization.CultureInfo]::InvariantCulture, $styles, [ref]$made)) { return 0 }
    $behind = ($made - [DateTime]::UtcNow).TotalSeconds
    if ($behind -lt 60 -and $behind -gt -86400) { return 0 }
    [void](Set-Date -Date $made.ToLocalTime())
    return [int64]$behind
}

# The same by the clock of the ESXi host, once VMware Tools are there: "21 Nov 2026 05:00:00" in local time
# (open-vm-tools, toolboxcmd-stat.c). Not where the host itself is off by more than a day, for then neither is known.
function Sync-IngotClock {
    $program = Join-Path -Path (Split-Path -Path (Get-VmwareToolsProgram) -Parent) -ChildPath 'VMwareToolboxCmd.exe'
    if (-not (Test-Path -LiteralPath $program -PathType Leaf)) { return 0 }
    $end = Invoke-Native -FilePath $program -ArgumentList @('stat', 'hosttime') -AnyCode
    if ($end.exitCode -ne 0) { return 0 }
    $text = ($end.lines -join ' ').Trim()
    $none = [System.Globalization.DateTimeStyles]::None
    # The month may be in the language of Windows.
    foreach ($culture in @([System.Globalization.CultureInfo]::InvariantCulture, [System.Globalization.CultureInfo]::CurrentCulture)) {
        $now = [DateTime]::MinValue
        if (-not [DateTime]::TryParseExact($text, 'dd MMM yyyy HH:mm:ss', $culture, $none, [ref]$now)) { continue }
        $behind = ($now - [DateTime]::Now).TotalSeconds
        if ([Math]::Abs($behind) -lt 60 -or [Math]::Abs($behind) -gt 86400) { return 0 }
        [void](Set-Date -Date $now)
        return [int64]$behind
    }
    return 0
}
