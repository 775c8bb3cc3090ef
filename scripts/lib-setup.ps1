# The end of Setup: specialize and OOBE of a first start, and the services behind it.
# Dot-sourced behind common.ps1 and lib-state.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Where Windows stands: Setup writes both values, and the image state, when it is through.
function Get-SetupState {
    $setup = 'HKLM:\SYSTEM\Setup'
    return @{
        imageState            = Get-ImageState
        systemSetupInProgress = [int](Get-RegistryValue -Path $setup -Name 'SystemSetupInProgress' -Default 0)
        oobeInProgress        = [int](Get-RegistryValue -Path $setup -Name 'OOBEInProgress' -Default 0)
    }
}

function Test-SetupReady {
    param([Parameter(Mandatory = $true)][hashtable]$State, [Parameter(Mandatory = $true)][AllowEmptyString()][string[]]$Service)
    if ($State.imageState -ne 'IMAGE_STATE_COMPLETE' -or $State.systemSetupInProgress -ne 0 -or $State.oobeInProgress -ne 0) { return $false }
    foreach ($name in $Service) {
        # One that does not start by itself, or is not there, is not waited for: the facts tell of it.
        $found = Get-IngotService -Name $name
        if ($found.startType -eq 'Automatic' -and $found.status -ne 'Running') { return $false }
    }
    return $true
}

# Waits until Setup is through and the services run, for so many seconds at most; returns where Windows stands then.
# Windows tells nobody when Setup is through: the registry and the services are looked at each second.
function Wait-SetupReady {
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string[]]$Service, [Parameter(Mandatory = $true)][int]$Seconds)
    # Not by the time of day, which is set in the first minutes of a clone.
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $state = Get-SetupState
    $shown = ''
    while (-not (Test-SetupReady -State $state -Service $Service) -and $clock.Elapsed.TotalSeconds -lt $Seconds) {
        if ($state.imageState -ne $shown) {
            $shown = $state.imageState
            Write-IngotProgress -Message "Waiting for the end of OOBE ($shown)"
        }
        Start-Sleep -Seconds 1
        $state = Get-SetupState
    }
    return $state
}
