# lib-runtime.ps1: what the installations of Docker and containerd share.
[CmdletBinding()]
param()

Pester\Describe 'lib-runtime.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        function ConvertTo-Parameter {
            param([Parameter(Mandatory = $true)][hashtable]$Value)
            return ConvertFrom-Json -InputObject (ConvertTo-Json -InputObject $Value)
        }
    }
    Pester\BeforeEach { Initialize-Guest }

    Pester\It 'wants <Reason>' -ForEach @(
        @{ Reason = 'a version'; Value = @{ sha256 = ('a' * 64); path = 'x' } }
        @{ Reason = 'a digest'; Value = @{ version = '1'; path = 'x' } }
        @{ Reason = 'a whole digest'; Value = @{ version = '1'; sha256 = 'abc'; path = 'x' } }
        @{ Reason = 'a path or a URL'; Value = @{ version = '1'; sha256 = ('a' * 64) } }
        @{ Reason = 'not both'; Value = @{ version = '1'; sha256 = ('a' * 64); path = 'x'; url = 'y' } }
    ) {
        $failure = { Get-RuntimeParameter -InputObject (ConvertTo-Parameter -Value $Value) } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'guest.parameters'
    }

    Pester\It 'wants the feature Containers to be through its restart' {
        Pester\Mock -CommandName Get-WindowsFeature -MockWith { [pscustomobject]@{ InstallState = 'InstallPending' } }
        { Assert-ContainersFeature -Code 'x.y' } | Pester\Should -Throw -ExpectedMessage '*found InstallPending*'
    }

    Pester\It 'asks a program, and takes a failure for no answer' {
        $program = Set-GuestFile -Path 'x.exe'
        $Guest.answers['x.exe'] = { @{ exitCode = 0; output = "Version: v1.2.3`r`n" } }
        Get-ProgramAnswer -Program $program -ArgumentList @('--version') -Pattern 'Version:\s+v?(\S+)' | Pester\Should -BeExactly '1.2.3'
        $Guest.answers['x.exe'] = { @{ exitCode = 1; output = "Version: v1.2.3`r`n" } }
        Get-ProgramAnswer -Program $program -ArgumentList @('--version') -Pattern 'Version:\s+v?(\S+)' | Pester\Should -BeExactly ''
        Get-ProgramAnswer -Program ($program + '.missing') -ArgumentList @('--version') -Pattern '.' | Pester\Should -BeExactly ''
    }

    Pester\It 'waits for a service that runs but does not listen yet' {
        $Fake = @{ asked = 0 }
        Wait-ServiceAnswer -Name 'docker' -Ask { $Fake.asked++; if ($Fake.asked -gt 2) { '20.10.9' } } | Pester\Should -Be '20.10.9'
        Pester\Should -Invoke -CommandName Start-Sleep -Times 2 -Exactly
    }

    Pester\It 'empties the folder to unpack in' {
        [void](Set-GuestFile -Path 'ProgramData\ingot\docker\old.zip')
        $work = Initialize-WorkFolder -Name 'docker'
        @(Get-ChildItem -LiteralPath $work).Count | Pester\Should -Be 0
        Pester\Should -Invoke -CommandName Initialize-IngotFolder -Times 2 -Exactly
    }
}
